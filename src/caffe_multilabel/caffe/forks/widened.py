"""BVLC Caffe's schema with what a fork has beside it, for nets of forks that are looked at.

Forks keep the names of BVLC's messages, fields and enum values, and seldom the numbers. So a name
that both have stands for one thing. What only the fork has is added to BVLC's messages under its
own name, with the type that it has there.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
)

from caffe_multilabel.caffe.proto.schemas import ProtoSchema, schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from google.protobuf.descriptor import FileDescriptor

__all__ = ["CEIL_MODE", "WIDENED_FILE", "widened"]

WIDENED_FILE = "caffe_with_a_fork.proto"
"""The file of the messages that BVLC Caffe has too."""

CEIL_MODE = {False: "FLOOR", True: "CEIL"}
"""The `round_mode` of BVLC Caffe that the `ceil_mode` of forks' `PoolingParameter` stands for."""

_BVLC = "caffe."  # the package of BVLC Caffe's schema
_FORK = "fork"  # a package around those of the fork's files, so that no name is there twice
_ROOTS = ("NetParameter", "SolverParameter")
_FIRST_NUMBER = 20000  # of added fields; Caffe's are far below


@lru_cache(maxsize=8)
def widened(fork: FileDescriptor) -> ProtoSchema:
    """Return BVLC Caffe's schema with what the schema in a file, and in those it imports, adds.

    Every message of BVLC Caffe has all fields that it has there, and with their types; what a
    field is where it is not given, the fork says. Values that the fork adds to an enum are added
    too, under numbers of their own.
    """
    return _Widening(fork).schema()


class _Widening:
    def __init__(self, fork: FileDescriptor) -> None:
        self._file = FileDescriptorProto()
        schema().message(_ROOTS[0]).DESCRIPTOR.file.CopyToProto(self._file)
        self._file.name = WIDENED_FILE
        self._fork_files = [_moved(file) for file in _with_imports(fork)]
        self._file.dependency.extend(file.name for file in self._fork_files)
        self._messages = dict(_messages(self._file))
        self._enums = dict(_enums(self._file))
        for file in self._fork_files:
            self._messages.update(_messages(file))
            self._enums.update(_enums(file))
        self._paired: set[str] = set()
        for root in _ROOTS:
            forked = f".{self._fork_files[-1].package}.{root}"
            if forked in self._messages:
                self._pair(f".{_BVLC}{root}", forked)

    def schema(self) -> ProtoSchema:
        # Of two messages of one short name the one in the last file has it.
        files = FileDescriptorSet(file=[*self._fork_files, self._file])
        return ProtoSchema(files.SerializeToString(), name="the fork's schema beside BVLC Caffe's")

    def _pair(self, own: str, forked: str) -> None:
        """Widen a message, by its full name, by what the fork has under the name."""
        if own in self._paired:
            return
        self._paired.add(own)
        fields = {field.name: field for field in self._messages[own].field}
        for field in self._messages[forked].field:
            if field.name in fields:
                self._take_over(fields[field.name], field)
            else:
                self._add(self._messages[own], field)
            if own == f".{_BVLC}PoolingParameter" and _is_ceil_mode(field):
                fields["round_mode"].default_value = CEIL_MODE[field.default_value == "true"]

    def _add(self, own: DescriptorProto, field: FieldDescriptorProto) -> None:
        kind = self._messages.get(field.type_name)
        if field.type == field.TYPE_GROUP or (kind is not None and kind.options.map_entry):
            return  # of a type that belongs to its message alone
        added = own.field.add()
        added.CopyFrom(field)
        added.ClearField("oneof_index")
        added.ClearField("json_name")
        added.number = _FIRST_NUMBER + len(own.field)
        # Forks have CropParameter, for one, in their old layers too.
        same = f".{_BVLC}{field.type_name.rpartition('.')[2]}"
        if kind is not None and same in self._messages:
            added.type_name = same
            self._pair(same, field.type_name)

    def _take_over(self, own: FieldDescriptorProto, field: FieldDescriptorProto) -> None:
        """Widen the type of a field by that of the same name, whose default it gets."""
        if own.type != field.type:
            return
        default = field.default_value
        if own.type == own.TYPE_MESSAGE:
            self._pair(own.type_name, field.type_name)
        elif own.type == own.TYPE_ENUM:
            forked = self._enums[field.type_name]
            _add_values(self._enums[own.type_name], forked)
            default = default or forked.value[0].name
        if own.label != own.LABEL_REPEATED != field.label:
            own.default_value = default
            if not default:
                own.ClearField("default_value")


def _is_ceil_mode(field: FieldDescriptorProto) -> bool:
    return field.name == "ceil_mode" and field.type == field.TYPE_BOOL


def _add_values(own: EnumDescriptorProto, forked: EnumDescriptorProto) -> None:
    known = {value.name for value in own.value}
    free = max(value.number for value in own.value) + 1
    new = (value.name for value in forked.value if value.name not in known)
    for number, name in enumerate(new, start=free):
        own.value.add(name=name, number=number)


def _with_imports(file: FileDescriptor) -> Iterable[FileDescriptorProto]:
    """Return a file after all that it imports, each of them once."""
    found: dict[str, FileDescriptorProto] = {}

    def visit(each: FileDescriptor) -> None:
        if each.name not in found:
            for imported in each.dependencies:
                visit(imported)
            found[each.name] = FileDescriptorProto()
            each.CopyToProto(found[each.name])

    visit(file)
    return found.values()


def _moved(file: FileDescriptorProto) -> FileDescriptorProto:
    """Move a file, in place, with all names that it makes and uses, into the fork's package."""
    file.name = f"{_FORK}/{file.name}"
    file.package = f"{_FORK}.{file.package}".rstrip(".")
    file.dependency[:] = [f"{_FORK}/{name}" for name in file.dependency]
    fields = [*file.extension]
    for _, message in _messages(file):
        fields += [*message.field, *message.extension]
    for field in fields:
        if field.type_name:
            field.type_name = f".{_FORK}{field.type_name}"
        if field.extendee:
            field.extendee = f".{_FORK}{field.extendee}"
    return file


def _messages(file: FileDescriptorProto) -> Iterator[tuple[str, DescriptorProto]]:
    """Give all messages of a file, also those inside others, by their full names."""
    unseen = [(f".{file.package}.{message.name}", message) for message in file.message_type]
    while unseen:
        name, message = unseen.pop()
        yield name, message
        unseen += [(f"{name}.{inner.name}", inner) for inner in message.nested_type]


def _enums(file: FileDescriptorProto) -> Iterator[tuple[str, EnumDescriptorProto]]:
    """Give all enums of a file by their full names."""
    owners = [(f".{file.package}", file.enum_type)]
    owners += [(name, message.enum_type) for name, message in _messages(file)]
    for owner, enums in owners:
        yield from ((f"{owner}.{enum.name}", enum) for enum in enums)
