"""More lists in the shapes of the field's data sets, drawn like those of `infer_lists`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infer_tools import NO_TASK, Labelled

if TYPE_CHECKING:
    from collections.abc import Callable


def clothes() -> Labelled:
    made = Labelled(1500, 101)
    made.flags(
        "floral graphic striped embroidered pleated solid lattice long_sleeve short_sleeve "
        "sleeveless maxi_length mini_length crew_neckline v_neckline denim chiffon cotton leather "
        "tight loose",
        "-1",
    )
    made.draw("classes", "category_label", range(1, 51))
    made.draw("classes", "clothes_type", [1, 2, 3])
    made.draw("yes/no", "variation_flag", [0, 1])
    made.draw(NO_TASK, "evaluation_status", "train val test", [8, 1, 1])
    return made


def clothes_in_codes() -> Labelled:
    made = Labelled(900, 102)
    codes = {"sleeve_length": 6, "lower_length": 5, "socks": 4, "hat": 3, "neckline": 7, "ring": 3}
    for name, count in codes.items():
        made.draw("classes", name, range(count))
    return made


def observations() -> Labelled:
    made = Labelled(3000, 103)
    made.add(NO_TASK, "image_id", made.random.permutation(range(500000, 503000)))
    species = made.random.integers(0, 40, 3000)
    made.add("classes", "kingdom", (("Animalia", "Plantae")[each % 2] for each in species))
    made.add("classes", "genus", (f"Genus{each // 2}" for each in species))
    made.add("classes", "name", (f"Genus{each // 2} species{each}" for each in species))
    made.add(NO_TASK, "observer_id", made.random.integers(1, 700, 3000))
    made.reals("number", "latitude", -60, 70, 5)
    made.reals("number", "longitude", -170, 170, 5)
    days = made.random.integers(10, 28, 3000)
    made.add(NO_TASK, "date", (f"2021-05-{day} 12:10:00+00:00" for day in days))
    made.draw(NO_TASK, "license", ["CC BY-NC 4.0"])
    return made


def lesions() -> Labelled:
    made = Labelled(2000, 104)
    made.add(NO_TASK, "lesion_id", (f"HAM_{n:07d}" for n in made.random.integers(0, 1500, 2000)))
    made.draw("classes", "dx", "nv mel bkl bcc akiec vasc df", [60, 11, 11, 5, 3, 1.5, 1])
    made.draw("classes", "dx_type", "histo follow_up consensus confocal")
    made.draw("number", "age", [f"{age}.0" for age in range(0, 90, 5)])
    made.blank("age", 0.01)
    made.draw("classes", "sex", "male female")
    made.draw("classes", "localization", ["back", "lower extremity", "trunk", "face", "chest"])
    made.draw(NO_TASK, "dataset", "vidir_modern rosendahl vienna_dias vidir_molemax")
    return made


def retina_grades() -> Labelled:
    made = Labelled(1200, 105)
    made.draw("classes", "diagnosis", range(5), [50, 10, 27, 5, 8])
    return made


def leaves() -> Labelled:
    made = Labelled(1500, 106)
    made.draw("classes", "species", "Apple Blueberry Cherry Corn Grape Peach Tomato")
    made.draw("classes", "disease", ["healthy", "Black rot", "Leaf scald", "Rust", "Mosaic virus"])
    made.draw("yes/no", "healthy", "True False")
    made.add(NO_TASK, "leaf_id", (f"L{number}" for number in made.random.integers(0, 500, 1500)))
    made.draw("rank", "severity", range(4))
    return made


def persons() -> Labelled:
    made = Labelled(1600, 107)
    made.add(NO_TASK, "image_index", range(1600))
    made.add(NO_TASK, "person_id", (f"{n:04d}" for n in made.random.integers(2, 200, 1600)))
    made.draw(NO_TASK, "camera", "c1s1 c2s1 c3s3 c4s2")
    made.draw("classes", "age", [1, 2, 3, 4])
    made.flags("backpack bag handbag clothes down up hair hat gender", "1", "2")
    return made


def faces_by_name() -> Labelled:
    made = Labelled(2000, 108)
    made.normal("number", "age", 35, 18)
    made.draw("yes/no", "gender", [0, 1])
    made.draw("classes", "race", range(5))
    times = made.random.integers(10**8, 2 * 10**8, 2000)
    made.add(NO_TASK, "timestamp", (f"20170103{time}" for time in times))
    return made


def affects() -> Labelled:
    made = Labelled(2500, 109)
    for name in ("face_x", "face_y", "face_width", "face_height"):
        made.normal(NO_TASK, name, 200, 50, 1)
    made.draw("classes", "expression", range(11))
    made.reals("number", "valence", -1, 1, 6)
    made.reals("number", "arousal", -1, 1, 6)
    return made


def poses() -> Labelled:
    made = Labelled(800, 110)
    for joint in [
        "r_ankle",
        "r_knee",
        "r_hip",
        "l_hip",
        "l_knee",
        "l_ankle",
        "pelvis",
        "thorax",
        "head_top",
    ]:
        made.reals("landmarks", f"{joint}_x", 0, 1200, 1)
        made.reals("landmarks", f"{joint}_y", 0, 700, 1)
    made.reals("number", "scale", 1, 9, 3)
    made.draw("classes", "activity", "running cycling dancing fishing yoga")
    made.draw(NO_TASK, "is_train", [1, 0], [4, 1])
    return made


def faces_in_codes() -> Labelled:
    made = Labelled(1500, 111)
    made.draw("classes", "label", range(1, 8))
    made.draw("classes", "gender", range(3))
    made.draw("classes", "race", range(3))
    made.draw("classes", "age_group", range(5))
    return made


def plates_of_parkings() -> Labelled:
    made = Labelled(1200, 112)
    made.draw("classes", "province", "皖 沪 津 渝 冀 晋")
    for place in range(1, 7):
        made.draw("classes", f"char_{place}", list("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"))
    made.draw("number", "tilt", range(-20, 21))
    made.normal("number", "brightness", 120, 30)
    made.normal("number", "blurriness", 30, 10)
    made.draw("yes/no", "双层", "是 否")
    made.draw("yes/no", "遮挡", "有 无")
    return made


def several_in_a_cell() -> Labelled:
    made = Labelled(1000, 113)
    labels = ["person", "car", "dog", "cat", "bus", "tree"]
    counts = made.random.integers(1, 4, 1000)
    drawn = (made.random.choice(labels, count, replace=False) for count in counts)
    made.add("several labels", "labels", ("|".join(sorted(found)) for found in drawn))
    made.draw(NO_TASK, "subset", "train validation test")
    made.draw("rank", "quality_level", [1, 2, 3])
    made.draw("yes/no", "is_occluded", "Y N")
    return made


FIELD_LISTS: tuple[Callable[[], Labelled], ...] = (
    clothes,
    clothes_in_codes,
    observations,
    lesions,
    retina_grades,
    leaves,
    persons,
    faces_by_name,
    affects,
    poses,
    faces_in_codes,
    plates_of_parkings,
    several_in_a_cell,
)
