"""The few words that generated pages add, by language."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.config import Config

_CHINESE = {
    "Default": "默认值",
    "every command": "每个命令",
    "command": "命令",
    "done": "完成",
    "failed": "失败",
    "usage": "用法错误",
    "interrupted": "被中断",
    "nobody reads the output any more": "输出已没有人读",
    "failed, nothing written": "失败，什么都没有写",
    "done, but the report could not be printed": "完成，但报告无法输出",
    "a step failed, and has said why: the same command goes on there": (
        "某一步失败，并已说明原因：同一条命令从那里继续"
    ),
    "done, some images were rejected": "完成，有图像被剔除",
    "all converted": "全部转换",
    "failed, nothing published": "失败，什么都没有发布",
    "published, some images rejected": "已发布，但有图像被剔除",
    "published, but the summary could not be printed": "已发布，但总结无法输出",
    "nothing wrong": "没有问题",
    "problems found, or a DB cannot be opened": "发现问题，或某个库打不开",
    "failed, nothing changed": "失败，什么都没有改",
    "no errors (warnings may be there)": "没有错误（可能有警告）",
    "errors, or unreadable": "有错误，或读不了",
    "done, or ended by a signal after a snapshot": "完成，或在快照之后被信号结束",
    "failed, or --check found something": "失败，或 --check 有发现",
    "interrupted for the second time": "第二次被中断",
    "a layer cannot be set up, or unreadable": "有层无法建立，或读不了",
    "all that is needed works": "需要的都能用",
    "something does not": "有不能用的",
    "Required": "必填",
    "The file itself": "文件本身",
    "at least": "至少",
    "at most": "至多",
    "error": "错误",
    "info": "提示",
    "less than": "小于",
    "list of": "列表, 元素为",
    "mapping to": "映射, 值为",
    "more than": "大于",
    "number": "数",
    "or": "或",
    "rule": "规则",
    "severity": "级别",
    "text": "文本",
    "true or false": "true 或 false",
    "any value": "任意值",
    "warning": "警告",
    "what it looks for": "检查什么",
    "whole number": "整数",
}


def is_chinese(config: Config) -> bool:
    """Return whether the Chinese documentation is built."""
    return config.language == "zh_CN"


def word(config: Config, english: str) -> str:
    """Return a word in the language that is built."""
    return _CHINESE[english] if is_chinese(config) else english
