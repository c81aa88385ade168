"""Common mistakes in prototxt files are called what they are, with the way out."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

import pytest

from caffe_multilabel import OptionError, infer_shapes, lint_net, read_net, read_solver
from caffe_multilabel.caffe.proto import parse_text, write_binary
from caffe_multilabel.cli.parsers import command_parsers
from caffe_multilabel.errors import PrototxtError
from fork_tools import fork_schema

if TYPE_CHECKING:
    from pathlib import Path

    from command_tools import RunCommand


def message(text: str, message_name: str = "NetParameter") -> str:
    with pytest.raises(PrototxtError) as caught:
        parse_text(text, message_name, name="f")
    assert caught.value.line is not None
    return caught.value.message


@pytest.mark.parametrize(
    ("text", "where", "quote"),
    [
        ('name: "n"\nlayer { top: "a\u201d top: "b" }', "2:16", '"'),
        ('layer { name: "a\u201d\n}', "1:17", '"'),
        ("layer { name: \u201ca\u201d }", "1:15", '"'),
        ("layer { name: \u2018a\u2019 }", "1:15", "'"),
        ("layer {\n\n name: 'a\u2019 type: 'b' }", "3:10", "'"),
        ('layer { type: \u201eReLU" }', "1:15", '"'),
    ],
)
def test_a_curly_quote_is_named_where_it_stands(text: str, where: str, quote: str) -> None:
    found = message(text)
    assert found.startswith(f"f:{where}: a curly quote ('\\u20")
    assert found.endswith(f"which Caffe cannot read; write {quote} instead")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        # Where quotes are as they should be, curly ones in names and comments are no mistake.
        ('name: "it\u2019s"  layer { tpye: "ReLU" }', "1:23: LayerParameter has no field tpye"),
        (
            "# \u201ca\u201d\nlayer { # \u201cb\u201d\n tpye: 1 }",
            "3:2: LayerParameter has no field tp",
        ),
        ('name: "\u201ca\u201d"\nlayer { tpye: 1 }', "2:9: LayerParameter has no field tpye"),
        ('layer { name: "\u989c\u8272\n }', "1:15: String missing ending quote"),
    ],
)
def test_other_mistakes_are_not_put_on_quotes(text: str, what: str) -> None:
    assert what in message(text)


@pytest.mark.parametrize(
    ("text", "where", "plain"),
    [
        ('layer {\n name\uff1a "a" }', "2:6", ":"),
        ('layer \uff5b name: "a" }', "1:7", "{"),
        ('layer {\u00a0name: "a" }', "1:8", " "),
        ("layer { param { lr_mult: \uff11 } }", "1:26", "1"),
    ],
)
def test_characters_that_look_like_those_of_caffe(text: str, where: str, plain: str) -> None:
    found = message(text)
    assert found.startswith(
        f"f:{where}: Caffe cannot read '\\x" if plain == " " else f"f:{where}: C"
    )
    assert found.endswith(f"here; write {plain!r} instead")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("layer { type: SOFTMAX_LOSS }", 'write type: "SoftmaxWithLoss"'),
        (
            'layer { name: "c"\n  type:CONVOLUTION }',
            "f:2:8: type: CONVOLUTION is of the old layers {",
        ),
        ("layer { type : CROP }", 'write type: "Crop"'),
        ("layer { type: Convolution }", "Expected string but found: 'Convolution'; write \"Convol"),
        ("layer { name: RELU }", "Expected string but found: 'RELU'; write \"RELU\""),
        ('layers { type: "ReLU" }', 'type: "ReLU" is of layer { }, and layers { } is of an older'),
    ],
)
def test_a_type_of_the_other_format(text: str, what: str) -> None:
    assert what in message(text)


@pytest.mark.parametrize(
    "text",
    [
        "layer { pooling_param { engine: MKLDNN } }",
        "layer { pooling_param { pool: MEDIAN } }",
        "layers { type: WHITEN }",
        "layer { some_param { } }",
    ],
)
def test_values_and_fields_of_forks_have_a_way_out(text: str) -> None:
    assert message(text).endswith("--proto FORK.proto of lint and summary")


def test_the_commands_that_take_a_schema_are_those_that_are_named() -> None:
    parsers = command_parsers()
    taking = [name for name, parser in parsers.items() if "--proto" in parser.format_help()]
    assert taking == [f"caffe-multilabel {name}" for name in ("lint", "summary")]


def test_a_slip_in_a_solver_is_taken_for_no_fork() -> None:
    with pytest.raises(PrototxtError) as caught:
        parse_text("base_rl: 0.1", "SolverParameter", name="f")
    assert caught.value.message.endswith("has no field base_rl (did you mean base_lr?)")


@pytest.mark.protoc
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("layer { concat_param { axes: 1 } }", "ConcatParameter has no field axes (did you mean"),
        ("layers { type: WHITEN }", "V1LayerParameter.LayerType has no value WHITEN"),
    ],
)
def test_a_schema_that_is_given_is_not_asked_for_again(
    text: str, said: str, tmp_path: Path
) -> None:
    fork = fork_schema(tmp_path / "fork.proto", LayerParameter="optional int32 mine = 300;")
    with pytest.raises(PrototxtError) as caught:
        parse_text(text, "NetParameter", name="f", proto=fork)
    assert said in caught.value.message
    assert "--proto" not in caught.value.message
    assert "the schema given is not that of the fork, or of the version" in caught.value.message


@pytest.mark.parametrize(
    ("text", "wanted", "what"),
    [
        ('net: "a"\nbase_lr: 0.1', "NetParameter", "no field net: this is a solver, and a net is"),
        ("test_iter: 3", "NetParameter", "no field test_iter: this is a solver, and a net is"),
        ("layer { }", "SolverParameter", "no field layer: this is a net, and a solver is wanted"),
        ('name: "n"', "SolverParameter", "no field name: this is a net, and a solver is wanted"),
        (
            'item { name: "none_of_the_above" label: 0 display_name: "background" }',
            "NetParameter",
            "no field item: this is a label map, the names of classes, and a net is wanted",
        ),
        (
            "item {\n  id: 1\n  name: 'person'\n}",
            "SolverParameter",
            "no field item: this is a label map, the names of classes, and a solver is wanted",
        ),
        ("layer { item { } }", "NetParameter", "LayerParameter has no field item; a net of"),
        ("layer { base_lr: 1 }", "NetParameter", "LayerParameter has no field base_lr; a net of"),
        ("net_param { base_lr: 1 }", "SolverParameter", "has no field base_lr; a net of a fork"),
    ],
)
def test_a_net_for_a_solver_and_a_solver_for_a_net(text: str, wanted: str, what: str) -> None:
    assert what in message(text, wanted)


def test_commands_say_so_too(tmp_path: Path, run_command: RunCommand) -> None:
    (tmp_path / "solver").write_text('net: "net"\nbase_lr: 0.1\n')
    (tmp_path / "net").write_text('layer { name: "x" type: "Input" top: "x" }')
    for command, files, said in (
        ("summary", ["solver"], "this is a solver, and a net is wanted"),
        ("lint", ["solver"], "this is a solver, and a net is wanted"),
        ("lint", ["net", "--solver", "net"], "this is a net, and a solver is wanted"),
    ):
        paths = [each if each.startswith("-") else str(tmp_path / each) for each in files]
        done = run_command("caffe-multilabel", command, *paths)
        assert done.returncode == 1
        assert said in done.stderr
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_is_named(tmp_path: Path, encoding: str) -> None:
    mark = codecs.BOM_UTF16_LE if encoding == "utf-16-le" else codecs.BOM_UTF16_BE
    path = tmp_path / "file"
    for text in ('name: "n"\r\n', "# 颜色\r\nname: 'n'"):
        path.write_bytes(mark + text.encode(encoding))
        for read in (read_net, read_solver, lint_net):
            with pytest.raises(PrototxtError, match="UTF-16 text, which Caffe cannot") as caught:
                read(path)
            assert (caught.value.path, caught.value.line) == (str(path), 1)


LONG = "# 颜色的标签\r\n" * 3 + 'layer { name: "n" }\r\n' * 4000
WIDE = {
    "utf-16-le": ("UTF-16", b""),
    "utf-16-be": ("UTF-16", b""),
    "utf-32-le": ("UTF-32", codecs.BOM_UTF32_LE),
    "utf-32-be": ("UTF-32", codecs.BOM_UTF32_BE),
}


@pytest.mark.parametrize("encoding", WIDE)
@pytest.mark.parametrize("marked", [True, False])
def test_wide_text_is_named_with_and_without_a_mark(
    tmp_path: Path, encoding: str, marked: bool
) -> None:
    name, mark = WIDE[encoding]
    path = tmp_path / "file"
    for text in ("name: 'n'", "# 颜色\r\nname: 'net'", LONG):
        for end in (None, -1):  # cut off inside a character
            path.write_bytes(((mark if marked else b"") + text.encode(encoding))[:end])
            for read in (read_net, read_solver, lint_net):
                with pytest.raises(PrototxtError, match=f"{name} text, which Caffe cannot"):
                    read(path)


@pytest.mark.parametrize("values", [[32.0] * 300, [2.6e-43, 65.0] * 200, [0.0] * 99])
def test_a_binary_net_is_no_wide_text(tmp_path: Path, values: list[float]) -> None:
    net = parse_text("layer { name: 'a b c' blobs {} }", "NetParameter")
    net.layer[0].blobs[0].data.extend(values)
    write_binary(tmp_path / "net", net)
    assert list(read_net(tmp_path / "net").layer[0].blobs[0].data) == pytest.approx(values)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("convolution", "Convolution"),
        ("RELU", "ReLU"),
        ("elu", "ELU"),
        ("lrn", "LRN"),
        ("softmaxwithloss", "SoftmaxWithLoss"),
        ("Convolutoin", "Convolution"),
    ],
)
def test_a_type_in_another_case(written: str, meant: str) -> None:
    text = 'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 } } }'
    net = parse_text(f'{text} layer {{ name: "l" type: "{written}" bottom: "x" }}', "NetParameter")
    with pytest.raises(PrototxtError, match=f"no layer type '{written}'; did you mean {meant}"):
        infer_shapes(net, "TEST")


def test_the_nearest_of_other_words_is_of_another_case_too() -> None:
    net = parse_text("layer { name: 'x' type: 'Input' top: 'Data' }", "NetParameter")
    with pytest.raises(OptionError, match="did you mean 'Data'"):
        infer_shapes(net, "TEST", data_shapes={"data": (1,), "DATA": (1,)})
