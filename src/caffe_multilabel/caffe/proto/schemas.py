"""Message classes made from a compiled schema, BVLC Caffe's or a fork's."""

from __future__ import annotations

import copyreg
from functools import cache, lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal, overload

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from caffe_multilabel._base.arguments import StrPath, instance_of, path_text
from caffe_multilabel._base.text import IN_BRACKETS, did_you_mean
from caffe_multilabel.caffe.proto.protoc import compile_proto
from caffe_multilabel.errors import Error, PrototxtError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from google.protobuf.descriptor import Descriptor, EnumDescriptor
    from google.protobuf.message import Message

    from caffe_multilabel.caffe.proto.caffe_pb2 import (
        BlobProto,
        Datum,
        LayerParameter,
        NetParameter,
        SolverParameter,
        SolverState,
    )

__all__ = ["ProtoSchema", "check_schema", "in_bvlc_schema", "schema", "schema_or_bvlc"]


class ProtoSchema:
    """The messages and enums of one compiled schema, by short name.

    The pool is private: a pycaffe or another library in the same process may have registered a
    `caffe.proto` of its own in the default pool, and two schemas may hold the same names.

    Its messages, and it itself, can be pickled, and so go to other processes.

    Example:
        >>> from caffe_multilabel.caffe.proto import schema
        >>> bvlc = schema()
        >>> bvlc.message("LayerParameter")(name="conv1").name
        'conv1'
        >>> bvlc.enum("Phase")
        ['TRAIN', 'TEST']
        >>> "YoloParameter" in bvlc
        False
    """

    def __init__(self, descriptor_set: bytes, *, name: str) -> None:
        """Load a schema.

        Args:
            descriptor_set: a serialised `FileDescriptorSet` with its imports, as made by
                `protoc --include_imports --descriptor_set_out`.
            name: where it comes from, for messages.

        Raises:
            PrototxtError: the bytes are no descriptor set, or one that does not fit together.
        """
        self.name = name
        self._descriptor_set = descriptor_set
        self._pool = descriptor_pool.DescriptorPool()
        self._class_of = _class_maker(self._pool)
        self._messages: dict[str, Descriptor] = {}
        self._enums: dict[str, EnumDescriptor] = {}
        self._short_names: dict[str, str] = {}
        try:
            files = descriptor_pb2.FileDescriptorSet.FromString(descriptor_set).file
            for file in files:
                self._pool.AddSerializedFile(file.SerializeToString())
            for file in files:
                self._index(file.name)
        except (DecodeError, TypeError, KeyError) as error:
            raise PrototxtError(f"{name}: not a usable schema: {error}", path=name) from error
        # A pickle names a class by its module, and these are in none.
        for descriptor in self._messages.values():
            copyreg.pickle(self._class_of(descriptor), self._reduce_message)

    def __reduce__(self) -> tuple[Any, ...]:
        """Name BVLC Caffe's schema, which every process has, and take that of a fork along."""
        return (schema, ()) if self is schema() else (_load, (self._descriptor_set, self.name))

    @classmethod
    def load(cls, proto_file: StrPath) -> ProtoSchema:
        """Compile and load the `caffe.proto` of a fork.

        Args:
            proto_file: the fork's schema. Files that it imports are looked for beside it.

        Raises:
            PrototxtError: the file cannot be read or compiled, has no `NetParameter`, or no
                compiler is installed.
            OptionError: this is no path.
        """
        path = path_text("proto_file", proto_file)
        loaded = _load(compile_proto(path), path)
        if "NetParameter" not in loaded:
            message = f"{path}: no message NetParameter in it, so it is not a schema of Caffe"
            raise PrototxtError(message, path=path)
        return loaded

    @overload
    def message(self, name: Literal["BlobProto"]) -> type[BlobProto]: ...
    @overload
    def message(self, name: Literal["Datum"]) -> type[Datum]: ...
    @overload
    def message(self, name: Literal["LayerParameter"]) -> type[LayerParameter]: ...
    @overload
    def message(self, name: Literal["NetParameter"]) -> type[NetParameter]: ...
    @overload
    def message(self, name: Literal["SolverParameter"]) -> type[SolverParameter]: ...
    @overload
    def message(self, name: Literal["SolverState"]) -> type[SolverState]: ...
    @overload
    def message(self, name: str) -> type[Message]: ...
    def message(self, name: str) -> type[Message]:
        """Return the class of a message.

        To a type checker the messages that Caffe's files hold are as in BVLC's schema, with which
        a fork's agrees in all that this package reads; any other is a plain `Message`.

        Args:
            name: its name without the package, as in `NetParameter`.

        Raises:
            PrototxtError: the schema has no such message.
            OptionError: the name is no text.
        """
        descriptor = self._messages.get(instance_of("the message", name, str, "its short name"))
        if descriptor is None:
            raise PrototxtError(
                f"{self.name} has no message {name}"
                f"{did_you_mean(name, self._messages, IN_BRACKETS)}",
                path=self.name,
            )
        return self._class_of(descriptor)

    def enum_value(self, name: str) -> int:
        """Return the number of an enum value.

        Args:
            name: enum and value without the package, as in `Phase.TEST` or
                `PoolingParameter.PoolMethod.AVE`.

        Raises:
            PrototxtError: the schema has no such enum or value.
        """
        enum_name, _, value_name = name.rpartition(".")
        known = self._enum(enum_name).values_by_name
        if value_name not in known:
            raise PrototxtError(
                f"{self.name} has no value {value_name} in enum {enum_name}"
                f"{did_you_mean(value_name, known, IN_BRACKETS)}",
                path=self.name,
            )
        return known[value_name].number

    def enum(self, name: str) -> list[str]:
        """Return the names of an enum's values, in the order of the schema.

        Args:
            name: the enum without the package, as in `PoolingParameter.PoolMethod`.

        Raises:
            PrototxtError: the schema has no such enum.
        """
        return [value.name for value in self._enum(name).values]

    def __contains__(self, name: str) -> bool:
        """Tell whether there is a message of that short name."""
        return name in self._messages

    def short_name(self, full_name: str) -> str:
        """Return the name of a message or enum without its package."""
        return self._short_names[full_name]

    def _enum(self, name: str) -> EnumDescriptor:
        if name not in self._enums:
            raise PrototxtError(
                f"{self.name} has no enum {name}{did_you_mean(name, self._enums, IN_BRACKETS)}",
                path=self.name,
            )
        return self._enums[name]

    def _index(self, file_name: str) -> None:
        file = self._pool.FindFileByName(file_name)
        prefix = f"{file.package}." if file.package else ""
        enums = list(file.enum_types_by_name.values())
        for descriptor in _with_nested(file.message_types_by_name.values()):
            self._messages[self._shorten(descriptor.full_name, prefix)] = descriptor
            enums += descriptor.enum_types
        for enum in enums:
            self._enums[self._shorten(enum.full_name, prefix)] = enum

    def _reduce_message(self, message: Message) -> tuple[Any, ...]:
        name = self.short_name(message.DESCRIPTOR.full_name)
        return _make_message, (self, name, message.SerializePartialToString())

    def _shorten(self, full_name: str, prefix: str) -> str:
        short = full_name.removeprefix(prefix)
        self._short_names[full_name] = short
        return short


@cache
def _load(descriptor_set: bytes, name: str) -> ProtoSchema:
    """Load a fork's schema once, so that messages of several pickles are of the same classes."""
    return ProtoSchema(descriptor_set, name=name)


def _make_message(of: ProtoSchema, name: str, content: bytes) -> Message:
    return of.message(name).FromString(content)


@lru_cache(maxsize=1)
def schema() -> ProtoSchema:
    """Return the schema of BVLC Caffe 1.0, loaded once.

    Raises:
        Error: the package was installed without its compiled schema.
    """
    compiled = resources.files("caffe_multilabel.caffe.proto").joinpath("caffe.desc")
    try:
        return ProtoSchema(compiled.read_bytes(), name="the schema of BVLC Caffe")
    except FileNotFoundError as error:
        raise Error(
            "caffe_multilabel/caffe/proto/caffe.desc is missing: the build makes it from "
            "proto/caffe.proto; install the package again"
        ) from error


def in_bvlc_schema(message: Message) -> bool:
    """Tell whether a message is in BVLC Caffe's schema, and not in a fork's."""
    return isinstance(message, schema().message(message.DESCRIPTOR.name))


def check_schema(proto: object) -> None:
    """Raise `OptionError` where the argument `proto` is neither a schema nor None."""
    if proto is not None:
        instance_of("proto", proto, ProtoSchema, "a ProtoSchema, which ProtoSchema.load returns")


def schema_or_bvlc(proto: ProtoSchema | None) -> ProtoSchema:
    """Return the schema of the argument `proto`, BVLC Caffe's if None.

    Raises:
        OptionError: it is neither.
    """
    check_schema(proto)
    return schema() if proto is None else proto


def _with_nested(descriptors: Iterable[Descriptor]) -> Iterator[Descriptor]:
    for descriptor in descriptors:
        yield descriptor
        yield from _with_nested(descriptor.nested_types)


def _class_maker(pool: descriptor_pool.DescriptorPool) -> Callable[[Descriptor], type[Message]]:
    # protobuf 4.21 has only the factory object, 5 and later only the function.
    factory: Any = message_factory
    modern = hasattr(factory, "GetMessageClass")
    make: Callable[[Descriptor], type[Message]] = (
        factory.GetMessageClass if modern else factory.MessageFactory(pool).GetPrototype
    )
    return make
