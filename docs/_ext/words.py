"""The few words that generated pages add, by language."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.config import Config

_CHINESE = {
    "Default": "默认值",
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
