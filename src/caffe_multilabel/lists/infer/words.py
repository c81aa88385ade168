"""What the words in a column's name tell of its content, in English and Chinese."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias, get_args

__all__ = ["Role", "name_words", "role_of", "word_set"]

Role: TypeAlias = Literal[
    "class",
    "number",
    "count",
    "rank",
    "score",
    "identity",
    "origin",
    "split",
    "file",
    "text",
    "date",
    "index",
]

_WORDS: dict[Role, str] = {
    "class": """
        class classes category categories cat type kind color colour brand make model species genus
        family order phylum kingdom supercategory breed emotion expression race ethnicity gender sex
        digit char character letter material fabric pattern style shape texture pose view viewpoint
        orientation direction scene weather season group disease lesion diagnosis cell tissue organ
        fruit plant animal vehicle body country region city province side hair upper lower sleeve
        collar neckline target label labels glyph font object item product
        类别 分类 类型 种类 颜色 色 品牌 型 型号 性别 种族 表情 情绪 品种 材质 款式 朝向 方向 天气
        季节 场景 标签 图案 字符 发型 国家 省份 病种 车系""",
    "number": """
        age ages boneage weight height width length area size depth distance speed velocity price
        cost angle ang yaw pitch roll tilt azimuth elevation temperature ratio fraction percent
        percentage probability prob mean std value bmi diameter radius volume mass latitude
        longitude lat lon lng intensity brightness contrast sharpness blur duration hours minutes
        months mileage pawpularity steering throttle gaze valence arousal pressure humidity biomass
        yield calories
        年龄 岁数 身高 体重 高度 宽度 长度 面积 距离 速度 价格 角度 温度 比例 亮度 重量 数值""",
    "count": """
        count counts num nb number amount total quantity people persons n
        数量 个数 人数 数目""",
    "rank": "level grade stage severity rank tier degree ordinal 等级 级别 程度 分级 阶段",
    "score": """
        score scores rating ratings stars star quality mos beauty aesthetic
        分数 评分 得分 质量""",
    "identity": """
        identity identities person pid pids subject individual patient uid user vid tracklet track
        celebrity player owner participant case sequence seq video clip session
        身份 人员 个体 病人 患者 人物""",
    "origin": """
        camera cam camid device scanner site station source annotator labeler worker batch version
        dataset database license shard frame page chunk folder dir directory
        摄像头 相机 设备 来源""",
    "split": "split partition fold kfold set subset phase 划分 数据集 折",
    "file": """
        file filename path filepath url uri link image img images picture photo mask src
        路径 文件 文件名 图片 图像 照片 链接""",
    "text": """
        caption description comment comments text note notes title sentence remark remarks tags
        描述 备注 说明 标题 文本 评论""",
    "date": """
        date datetime timestamp time day hour minute second month week weekday year created updated
        日期 时间 年份 月份""",
    "index": "index idx row serial 序号 索引 行号",
}
_ROLE_OF: dict[str, Role] = {
    word: role for role in get_args(Role) for word in reversed(_WORDS[role].split())
}
_CHINESE = sorted((word for word in _ROLE_OF if not word.isascii()), key=len, reverse=True)
_COUNTING = {"num", "nb", "number", "count", "counts", "n"}
_LAST_OF_ITS_NAME = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_a-zA-Z]+")


def word_set(words: str) -> frozenset[str]:
    """Return words written in a row, between blanks, as a set."""
    return frozenset(words.split())


def name_words(name: str) -> tuple[str, ...]:
    """Return the words of a column's name in small letters.

    Example:
        >>> name_words("leftEye_x1"), name_words("colorID"), name_words("车身颜色")
        (('left', 'eye', 'x', '1'), ('color', 'id'), ('车身颜色',))
    """
    return tuple(word.lower() for word in _LAST_OF_ITS_NAME.findall(name))


def role_of(words: tuple[str, ...]) -> Role | None:
    """Return what a name says that its column is; None where it says nothing.

    The last word that says something decides: an `age_group` is a group, a `color_score` a score.

    Example:
        >>> role_of(name_words("vehicle_type")), role_of(name_words("num_doors"))
        ('class', 'count')
        >>> role_of(name_words("车身颜色")), role_of(name_words("Male"))
        ('class', None)
    """
    if len(words) > 1 and (words[0] in _COUNTING or words[-1] in _COUNTING):
        return "count"
    for word in reversed(words):
        if word in _ROLE_OF:
            return _ROLE_OF[word]
        if not word.isascii():
            # The last one in the word: 车型 is a kind of car, and 颜色等级 a grade of colour.
            found = max(_CHINESE, key=lambda part: (word.rfind(part) + len(part), len(part)))
            if found in word:
                return _ROLE_OF[found]
    return None
