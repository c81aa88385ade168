"""Programs written before modules moved still run, and are told the new paths."""

from __future__ import annotations

import pickle
import subprocess
import sys
import warnings
from importlib import import_module, util
from pathlib import Path

import pytest

from caffe_multilabel._base.moved import MOVED_MODULES, MOVED_NAMES
from command_tools import environment

CHANGELOG = Path(__file__).parents[1] / "CHANGELOG.md"

# What modules offered in their `__all__` before the move, and where it is now.
OLD = {
    "arguments": {"_base.arguments": "MAX_SIDE MAX_THREADS path_bytes whole_number"},
    "conversion": {"data.convert": "ConvertProgress ConvertReport convert"},
    "cpus": {"_base.cpus": "available_cpus"},
    "databases": {
        "data.databases": "DatabaseFacts database_facts datum_shape forced_shape read_records",
        "data.keys": "key_text",
    },
    "exporting": {"data.export": "ExportReport export_files export_webdataset"},
    "lint": {
        "nets.lint": "Finding Rule Severity all_rules has_errors lint_net lint_solver report_json"
    },
    "means": {"data.mean": "MeanReport compute_mean write_mean"},
    "proto": {
        "caffe.proto": "Schema parse_binary parse_text read_binary read_net read_solver schema "
        "to_text upgrade_net upgrade_solver write_binary write_text"
    },
    "proto.blobs": {
        "caffe.proto.blobs": "array_to_blob blob_shape blob_to_array read_mean write_mean"
    },
    "proto.upgrade": {"caffe.proto.upgrade": "upgrade_net upgrade_solver"},
    "prototxt": {
        "nets.generate": "BACKBONES Backbone ColumnStatistics GeneratedNet LabelStatistics "
        "TaskWeight generate read_label_statistics starting_loss tasks_from_options"
    },
    "prototxt.backbones": {"nets.generate.backbones": "BACKBONES Backbone"},
    "reader.label_schema": {"data.label_schema": "find_label_schema"},
    "records": {
        "data.records": "ListFormat RecordSource Records load_records",
        "_base.arguments": "StrPath",
    },
    "relabelling": {"data.relabel": "ColumnChange RelabelReport TaskChange relabel"},
    "report": {"views.report": "Note Report make_report"},
    "sample": {"data.sample": "SampleSummary draw_sample"},
    "shapes": {
        "caffe.shapes": "LayerShapes NetShapes Shape infer_shapes shape_text",
        "caffe.net_state": "Phase select_layers",
        "nets.summary": "NetSummary SummaryRow SummaryTotals summarise",
    },
    "show": {"views.show": "ShownRecord show_record", "views.images": "half_blocks viewable"},
    "splitting": {"data.split": "LabelShare Part SplitReport split"},
    "stats": {
        "views.stats": "BinaryStats BinaryValue ClassCount ClassStats Correlation LabelStats Pair "
        "RealStats RealValue TaskDrift TaskStats label_drift label_stats measure_labels",
        "data.label_table": "LabelTable read_label_table",
        "labels": "LabelTask",
    },
    "tasks": {"labels": "LabelRule LabelSchema TaskLabels read_label_schema"},
    "tasks.labels": {"labels": "LabelSchema TaskLabels"},
    "tasks.manifest": {"labels": "read_label_schema"},
    "tasks.network": {"tasks.shared_keys": "Backbone Data Source Transform"},
    "tasks.rules": {"labels.rule": "FREE LabelRule agree stricter"},
    "torch_data": {"reader.torch": "TorchDataset"},
    "training_log": {
        "views.log": "LEARNING_RATE TOTAL_LOSS Curve LogRow OutputSummary Panel TrainingLog "
        "make_panels parse_log read_log write_log"
    },
    "verification": {"data.verify": "VerifyProblem VerifyReport verify"},
}

# The whole `__all__` of each package before the move.
OLD_PACKAGES = {
    "": "Cancelled ConvertProgress ConvertReport DatabaseError Error ExportReport Finding "
    "GeneratedNet LabelStats ListError MeanReport MultilabelDataset OptionError OutputError "
    "PictureError PrototxtError RelabelReport Report SplitReport TaskFileError VerifyProblem "
    "VerifyReport __version__ compute_mean convert draw_sample export_files export_webdataset "
    "generate label_stats lint_net lint_solver load_records load_tasks make_report read_log "
    "relabel show_record split tasks_from_options verify write_log write_mean",
    "exporting": "ExportReport export_files export_webdataset",
    "lint": "Finding Rule Severity all_rules has_errors lint_net lint_solver report_json",
    "proto": "Schema parse_binary parse_text read_binary read_net read_solver schema to_text "
    "upgrade_net upgrade_solver write_binary write_text",
    "proto.upgrade": "upgrade_net upgrade_solver",
    "prototxt": "BACKBONES Backbone ColumnStatistics GeneratedNet LabelStatistics TaskWeight "
    "generate read_label_statistics starting_loss tasks_from_options",
    "prototxt.backbones": "BACKBONES Backbone",
    "reader": "Batches Labels MultilabelDataset Phase TransformKeywords",
    "records": "ListFormat RecordSource Records StrPath label_rules_of load_records",
    "relabelling": "ColumnChange RelabelReport TaskChange relabel",
    "report": "Note Report make_report",
    "sample": "SampleSummary draw_sample",
    "shapes": "LayerShapes NetShapes NetSummary Phase Shape SummaryRow SummaryTotals infer_shapes "
    "layer_types select_layers shape_text summarise",
    "shapes.rules": "RULES layer_types rule_of",
    "show": "ShownRecord half_blocks show_record viewable",
    "splitting": "LabelShare Part SplitReport split",
    "stats": "BinaryStats BinaryValue ClassCount ClassStats Correlation LabelStats LabelTable "
    "LabelTask Pair RealStats RealValue TaskDrift TaskStats label_drift label_stats "
    "measure_labels read_label_table",
    "tasks": "Backbone Data Group LabelColumns LabelRule LabelSchema Source Task TaskFile "
    "TaskLabels Transform json_schema label_columns label_rules label_schema load_tasks "
    "parse_tasks read_label_schema",
    "training_log": "LEARNING_RATE TOTAL_LOSS Curve LogRow OutputSummary Panel TrainingLog "
    "make_panels parse_log read_log write_log",
}
# Those of them that nothing stands for now; the changelog says what does their work.
REMOVED = {
    "records": {"label_rules_of"},
    "shapes": {"layer_types"},
    "shapes.rules": {"RULES", "layer_types", "rule_of"},
    "tasks": {"LabelColumns", "label_columns", "label_rules", "label_schema"},
}


@pytest.fixture
def fresh_imports() -> None:
    """Old modules warn when they are first imported: forgets those that are."""
    for module in [*sys.modules]:
        if module.removeprefix("caffe_multilabel.") in OLD.keys() - MOVED_NAMES.keys():
            del sys.modules[module]


def test_every_old_module_is_tried() -> None:
    assert OLD.keys() >= MOVED_MODULES.keys() | MOVED_NAMES.keys()


@pytest.mark.usefixtures("fresh_imports")
@pytest.mark.parametrize("old", OLD)
def test_an_old_path_gives_the_same_objects_and_names_the_new_path(old: str) -> None:
    if old == "torch_data" and util.find_spec("torch") is None:
        with pytest.raises(ModuleNotFoundError, match="No module named 'torch'"):
            import_module("caffe_multilabel.torch_data")
        return
    path = f"caffe_multilabel.{old}"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for home, names in OLD[old].items():
            found: dict[str, object] = {}
            exec(f"from {path} import {', '.join(names.split())}", found)
            new = import_module(f"caffe_multilabel.{home}")
            for name in names.split():
                assert found[name] is getattr(new, name), name
    messages = [str(warning.message) for warning in caught]
    assert {warning.category for warning in caught} == {DeprecationWarning}
    assert {warning.filename for warning in caught} <= {"<string>", __file__}
    homes = list(OLD[old])
    if old in MOVED_NAMES:
        homes.insert(0, "")
    else:
        assert messages.count(f"{path} is now caffe_multilabel.{homes[0]}") == 1
    for home in homes[1:]:
        for name in OLD[old][home].split():
            assert f"{path}.{name} is now caffe_multilabel.{home}.{name}" in messages


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("package", OLD_PACKAGES)
def test_a_package_gives_all_it_gave_but_what_the_changelog_says_is_removed(package: str) -> None:
    missing = set()
    for name in OLD_PACKAGES[package].split():
        try:
            exec(f"from {f'caffe_multilabel.{package}'.rstrip('.')} import {name}", {})
        except ImportError:
            missing.add(name)
    assert missing == REMOVED.get(package, set())
    _, _, removed = CHANGELOG.read_text().partition("### Removed\n")
    said = removed.partition("\n### ")[0]
    for name in missing:
        assert f"`{package}.{name}`" in said, name


@pytest.mark.usefixtures("fresh_imports")
def test_modules_below_old_ones_are_found_and_keep_nothing_of_their_own() -> None:
    with pytest.warns(DeprecationWarning, match=r"nets\.lint$"):
        import_module("caffe_multilabel.lint")
    with pytest.warns(DeprecationWarning, match=r"nets\.lint\.findings$"):
        old = import_module("caffe_multilabel.lint.findings")
    new = import_module("caffe_multilabel.nets.lint.findings")
    assert old.Finding is new.Finding
    assert (old.__doc__, dir(old)) == (new.__doc__, sorted(new.__all__))
    assert new.__spec__ is not None
    assert new.__spec__.name == "caffe_multilabel.nets.lint.findings"


@pytest.mark.usefixtures("fresh_imports")
def test_an_old_pickle_loads() -> None:
    import caffe_multilabel  # noqa: PLC0415

    with pytest.warns(DeprecationWarning, match=r"data\.verify"):
        loaded = pickle.loads(b"ccaffe_multilabel.verification\nVerifyReport\n.")
    assert loaded is caffe_multilabel.VerifyReport


@pytest.mark.usefixtures("fresh_imports")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_was_never_there_is_not_found() -> None:
    for path in ("nowhere", "lint.nowhere", "shapes.rules.dense", "tasks.rule"):
        with pytest.raises(ModuleNotFoundError, match="No module named"):
            import_module(f"caffe_multilabel.{path}")
    with pytest.raises(AttributeError, match=r"'caffe_multilabel.shapes' has no .* 'wrong'"):
        _ = import_module("caffe_multilabel.shapes").wrong
    with pytest.raises(AttributeError, match=r"'caffe_multilabel.tasks' has no .* 'wrong'"):
        _ = import_module("caffe_multilabel.tasks").wrong


def test_python_shows_the_warning_to_a_program() -> None:
    script = "from caffe_multilabel.lint import lint_net\nfrom caffe_multilabel.tasks import Task\n"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr.startswith(
        "<string>:1: DeprecationWarning: caffe_multilabel.lint is now caffe_multilabel.nets.lint"
    )
    assert done.stderr.count("Warning") == 1
