"""Thirty-two lists in the shapes that people have, each a function that draws it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infer_tools import NO_TASK, Labelled

if TYPE_CHECKING:
    from collections.abc import Callable


def pandas_index() -> Labelled:
    made = Labelled(600, 1)
    made.add(NO_TASK, "Unnamed: 0", range(600))
    made.draw("classes", "color", "red green blue white black")
    made.draw("yes/no", "damaged", ["True", "False"])
    made.reals("number", "length_cm", 3, 40, 1)
    return made


def celeba_attributes() -> Labelled:
    made = Labelled(2000, 2)
    made.flags(
        "5_o_Clock_Shadow Arched_Eyebrows Bags_Under_Eyes Bald Bangs Big_Nose Black_Hair "
        "Blond_Hair Eyeglasses Goatee Gray_Hair Male Mustache Smiling Wearing_Hat "
        "Wearing_Necktie Young",
        "-1",
    )
    return made


def celeba_joined() -> Labelled:
    made = Labelled(1000, 3)
    people = made.random.integers(1, 180, 1000)
    made.add(NO_TASK, "identity", people)
    made.draw(NO_TASK, "partition", [0, 1, 2], [8, 1, 1])
    for name in ("x_1", "y_1", "width", "height"):
        made.normal(NO_TASK, name, 120, 30, 1)
    for point in ("lefteye", "righteye", "nose", "leftmouth", "rightmouth"):
        made.normal("landmarks", f"{point}_x", 90, 20, 1)
        made.normal("landmarks", f"{point}_y", 110, 20, 1)
    return made


def mafl_landmarks() -> Labelled:
    made = Labelled(500, 4)
    for point in range(1, 6):
        made.reals("landmarks", f"x{point}")
        made.reals("landmarks", f"y{point}")
    made.flags("glasses smiling male")
    made.draw("classes", "pose", ["-60", "-30", "0", "30", "60"])
    return made


def aflw() -> Labelled:
    made = Labelled(700, 5)
    made.add(NO_TASK, "face_id", made.random.permutation(range(39341, 39341 + 700)))
    for point in range(1, 22):
        made.reals("landmarks", f"x{point}", 0, 450, 2)
        made.reals("landmarks", f"y{point}", 0, 450, 2)
    for angle in ("yaw", "pitch", "roll"):
        made.reals("number", angle, -1.5, 1.5)
    made.draw("classes", "sex", "m f")
    return made


def kaggle_keypoints() -> Labelled:
    made = Labelled(400, 6)
    for point in ("left_eye_center", "right_eye_center", "nose_tip", "mouth_center_bottom_lip"):
        made.reals("landmarks", f"{point}_x", 10, 90, 6)
        made.reals("landmarks", f"{point}_y", 10, 90, 6)
    return made


def jsonl_landmarks() -> Labelled:
    made = Labelled(300, 7)
    for index in range(136):
        made.reals("landmarks", f"landmarks_{index}")
    for index in range(4):
        made.normal(NO_TASK, f"bbox_{index}", 100, 20, 1)
    made.draw("classes", "expression", "neutral smile surprise squint disgust scream")
    return made


def fer2013() -> Labelled:
    made = Labelled(800, 8)
    made.draw("classes", "emotion", range(7))
    rows = made.random.integers(0, 256, (800, 60))
    made.add(NO_TASK, "pixels", (" ".join(map(str, row)) for row in rows))
    made.draw(NO_TASK, "Usage", "Training PublicTest PrivateTest", [8, 1, 1])
    return made


def utkface() -> Labelled:
    made = Labelled(3000, 9)
    made.normal("number", "age", 35, 18, 1)
    made.draw("yes/no", "gender", [0, 1])
    made.draw("classes", "race", range(5))
    stamps = made.random.integers(10**8, 10**9, 3000)
    made.add(NO_TASK, "date", (f"20170116{stamp}" for stamp in stamps))
    return made


def vehicles() -> Labelled:
    made = Labelled(1500, 10)
    made.add(
        NO_TASK, "vehicle_id", (f"v{number:04d}" for number in made.random.integers(0, 200, 1500))
    )
    made.draw("classes", "colour", "black white silver red blue green")
    made.draw("classes", "type", "sedan suv bus truck van")
    made.draw("classes", "brand", [f"brand {number}" for number in range(40)])
    made.flags("sunroof spare_wheel roof_rack sticker")
    made.draw("classes", "view", "front rear side")
    return made


def veri() -> Labelled:
    made = Labelled(4000, 11)
    made.add(
        NO_TASK, "vehicleID", (f"{number:04d}" for number in made.random.integers(1, 776, 4000))
    )
    made.draw("classes", "colorID", range(1, 11))
    made.draw("classes", "typeID", range(1, 10))
    return made


def market_attributes() -> Labelled:
    made = Labelled(1200, 12)
    made.add(NO_TASK, "person_id", made.random.integers(1, 150, 1200))
    made.draw("classes", "age", [1, 2, 3, 4], [5, 30, 12, 2])
    made.kinds["age"] = "?"
    made.flags("backpack bag handbag hat upblack upwhite upred downblack downwhite", "1", "2")
    return made


def peta_unknown() -> Labelled:
    made = Labelled(1500, 13)
    names = "hat glasses longSleeve longHair tshirt logo stripe sunglasses skirt faceMask"
    for name in names.split():
        made.draw("yes/no", name, [-1, 0, 1], [60, 8, 32])
    return made


def voc_labels() -> Labelled:
    made = Labelled(900, 14)
    made.flags("aeroplane bicycle bird boat bottle bus car cat chair cow person sofa train")
    return made


def coco_multi_hot() -> Labelled:
    made = Labelled(2000, 15)
    names = "person bicycle car dog cat pizza laptop cup chair couch"
    made.flags(names)
    made.normal(NO_TASK, "width", 600, 60, 100)
    made.normal(NO_TASK, "height", 450, 60, 100)
    return made


def plant_one_hot() -> Labelled:
    made = Labelled(800, 16)
    drawn = made.random.integers(0, 4, 800)
    for index, name in enumerate(("healthy", "multiple_diseases", "rust", "scab")):
        made.add("one-hot", name, (int(each == index) for each in drawn))
    return made


def dummies() -> Labelled:
    made = Labelled(500, 17)
    drawn = made.random.integers(0, 3, 500)
    for index, name in enumerate(("weather_rain", "weather_snow", "weather_sun")):
        made.add("one-hot", name, (each == index for each in drawn))
    made.flags("night wet")
    made.draw("classes", "road", "city motorway track")
    return made


def isic() -> Labelled:
    made = Labelled(1000, 18)
    drawn = made.random.integers(0, 8, 1000)
    for index, name in enumerate(["MEL", "NV", "BCC", "AK", "BKL", "DF", "VASC", "SCC"]):
        made.add("one-hot", name, (f"{float(each == index):.1f}" for each in drawn))
    made.add(NO_TASK, "UNK", ["0.0"] * 1000)
    return made


def retinopathy() -> Labelled:
    made = Labelled(900, 19)
    made.draw("rank", "level", range(5), [70, 7, 15, 3, 2])
    made.draw("classes", "side", "left right")
    made.reals("number", "quality_score")
    return made


def inaturalist() -> Labelled:
    made = Labelled(3000, 20)
    species = made.random.integers(0, 60, 3000)
    made.add("classes", "species", (f"Genus{each // 3} species{each}" for each in species))
    made.add("classes", "genus", (f"Genus{each // 3}" for each in species))
    made.add("classes", "family", (f"Family{each // 9}" for each in species))
    made.add("classes", "kingdom", ("Plantae" if each < 20 else "Animalia" for each in species))
    made.reals("number", "latitude", -60, 70)
    made.reals("number", "longitude", -180, 180)
    made.add(NO_TASK, "observed_on", (f"2019-0{1 + each % 9}-1{each % 10}" for each in range(3000)))
    return made


def apparel() -> Labelled:
    made = Labelled(1000, 21)
    made.draw("classes", "category", "dress shirt shoes shorts pants")
    made.draw("classes", "color", "black blue brown green red white")
    made.blank("color", 0.1)
    made.draw("classes", "sleeve length", ["short", "long", "none"])
    made.add(NO_TASK, "image_url", (f"https://shop.example/{index}.jpg" for index in range(1000)))
    return made


def deepfashion() -> Labelled:
    made = Labelled(1200, 22)
    made.draw("classes", "clothes_type", [1, 2, 3])
    made.draw("classes", "category_label", range(1, 51))
    made.draw(NO_TASK, "evaluation_status", "train val test", [7, 2, 1])
    for name in ("x_1", "y_1", "x_2", "y_2"):
        base = 150 if name.endswith("2") else 10
        made.add(NO_TASK, name, made.random.integers(base, base + 100, 1200))
    for name in ("landmark_left_collar_x", "landmark_left_collar_y"):
        made.normal("landmarks", name, 100, 20, 1)
    return made


def aesthetics() -> Labelled:
    made = Labelled(700, 23)
    made.reals("number", "mos", 1, 5, 3)
    made.reals("number", "sd", 0.2, 1.4, 3)
    made.normal("number", "num_votes", 200, 40, 1)
    made.draw("classes", "scene", "indoor outdoor macro portrait")
    return made


def plates() -> Labelled:
    made = Labelled(1500, 24)
    made.draw("classes", "c1", "京 沪 粤 苏 浙 鲁 皖")
    for place in range(2, 8):
        made.draw("classes", f"c{place}", "A B C D E F G H J K 0 1 2 3 4 5 6 7 8 9")
    made.draw("classes", "颜色", "蓝 黄 绿 白")
    made.draw("yes/no", "blurred", [0, 1])
    return made


def captcha() -> Labelled:
    made = Labelled(2000, 25)
    for place in range(5):
        made.draw("classes", f"digit{place}", range(10))
    return made


def chinese() -> Labelled:
    made = Labelled(800, 26)
    made.add(NO_TASK, "序号", range(1, 801))
    made.draw("classes", "颜色", "红色 黑色 白色 蓝色")
    made.draw("classes", "车型", "轿车 卡车 客车 面包车")
    made.normal("number", "年龄", 40, 12, 18)
    made.draw("yes/no", "遮挡", [0, 1])
    return made


def bare_caffe() -> Labelled:
    made = Labelled(1000, 27, header=False)
    made.draw("classes", "a", range(10))
    made.draw("classes", "b", range(4))
    made.draw("yes/no", "c", [0, 1])
    return made


def class_folders() -> Labelled:
    made = Labelled(1000, 28)
    made.draw("classes", "class", [f"n{number:08d}" for number in range(100)])
    return made


def blanks_and_sentinels() -> Labelled:
    made = Labelled(1500, 29)
    made.draw("classes", "brand_code", range(12))
    made.blank("brand_code", 0.2, "-1")
    made.draw("classes", "material", range(6))
    made.blank("material", 0.1, "255")
    made.draw("classes", "fabric", "cotton wool silk denim")
    made.blank("fabric", 0.15, "?")
    made.flags("zipper buttons")
    made.blank("zipper", 0.1, "NA")
    made.reals("number", "weight_kg", 0.1, 4)
    made.blank("weight_kg", 0.05)
    return made


def stanford_cars() -> Labelled:
    made = Labelled(8000, 30)
    for name in ("bbox_x1", "bbox_y1", "bbox_x2", "bbox_y2"):
        base = 300 if name.endswith("2") else 10
        made.add(NO_TASK, name, made.random.integers(base, base + 200, 8000))
    made.draw("classes", "class", range(1, 197))
    made.draw(NO_TASK, "test", [0, 1])
    return made


def pets() -> Labelled:
    made = Labelled(900, 31)
    made.normal("number", "Pawpularity", 38, 15, 1)
    made.flags(
        "Subject_Focus Eyes Face Near Action Accessory Group Collage Human Occlusion Info Blur"
    )
    made.add(
        NO_TASK, "caption", (f"a cat number {index} on a sofa by the wall" for index in range(900))
    )
    return made


def embeddings() -> Labelled:
    made = Labelled(300, 32)
    for index in range(64):
        made.reals("vector", f"feat_{index}", -1, 1)
    made.draw("classes", "label", "cat dog")
    made.add(
        NO_TASK, "sha", (f"{number:016x}" for number in made.random.integers(10**15, 10**16, 300))
    )
    return made


LISTS: tuple[Callable[[], Labelled], ...] = (
    pandas_index,
    celeba_attributes,
    celeba_joined,
    mafl_landmarks,
    aflw,
    kaggle_keypoints,
    jsonl_landmarks,
    fer2013,
    utkface,
    vehicles,
    veri,
    market_attributes,
    peta_unknown,
    voc_labels,
    coco_multi_hot,
    plant_one_hot,
    dummies,
    isic,
    retinopathy,
    inaturalist,
    apparel,
    deepfashion,
    aesthetics,
    plates,
    captcha,
    chinese,
    bare_caffe,
    class_folders,
    blanks_and_sentinels,
    stanford_cars,
    pets,
    embeddings,
)
