"""The task file itself: everything in it, checked to fit together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from caffe_multilabel.tasks import fields
from caffe_multilabel.tasks.check import problems_of_parts
from caffe_multilabel.tasks.model import Group, Task
from caffe_multilabel.tasks.shared_keys import Backbone, BackboneName, Data, Model

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic_core import CoreSchema

__all__ = ["TaskFile"]


def _named(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


class _NameOrKeys:
    """Says in the JSON Schema that a backbone may be given by its name alone."""

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Allow a built-in's name beside the keys."""
        return {"anyOf": [{"enum": list(get_args(BackboneName))}, handler(core_schema)]}


class TaskFile(Model):
    """The tasks that one net learns, and what the net, the data and the solver look like.

    Only `tasks` is needed to convert a list of images; the generator asks for the rest.

    Example:
        >>> from caffe_multilabel import load_tasks
        >>> tasks = load_tasks("tasks.yaml")
        >>> tasks.name, tasks.backbone.name, tasks.data.transform.crop_size
        ('shapes', 'lenet', 64)
        >>> [(task.name, task.loss) for task in tasks.tasks][:3]
        [('kind', 'softmax'), ('color', 'softmax'), ('filled', 'sigmoid')]
    """

    name: fields.Text = Field("multilabel", description="Name of the net.")
    backbone: Annotated[Backbone, BeforeValidator(_named), _NameOrKeys()] | None = Field(
        None, description="The layers that all tasks share: the name of a built-in, or its keys."
    )
    data: Data = Field(
        Data(), description="The DBs of each phase, and what is done to their images."
    )
    tasks: tuple[Task, ...] = Field(
        min_length=1, description="The tasks, in the order of their label columns."
    )
    groups: tuple[Group, ...] = Field((), description="Hidden layers that several tasks share.")
    loss_weights: Literal["given", "equal", "scale", "learned", "log"] = Field(
        "given",
        description="given: each task's loss_weight, the rest shared equally. "
        "equal: the same for every task. scale: read the label DB and weigh each task so that "
        "all count the same at the start of training. learned: the net learns each task's "
        "uncertainty, and weighs it by that. log: the logarithm of each loss is trained, which "
        "needs no weight. Weights sum to 1 unless loss_weight says otherwise, or they are learned.",
    )
    solver: dict[str, JsonValue] = Field(
        {}, description="Any fields of Caffe's SolverParameter; what is left out gets a default."
    )

    @model_validator(mode="after")
    def _fits_together(self) -> TaskFile:
        problems = problems_of_parts(
            backbone=self.backbone,
            data=self.data,
            tasks=self.tasks,
            groups=self.groups,
            loss_weights=self.loss_weights,
        )
        if problems:
            text = "; ".join(map(str, problems))
            raise PydanticCustomError("task_file", "{text}", {"text": text, "problems": problems})
        return self
