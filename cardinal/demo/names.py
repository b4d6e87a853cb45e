"""Names of people: common Thai given and family names with romanisations, and names of foreigners."""

from __future__ import annotations

import polars as pl

# Each entry is the Thai spelling, the usual romanisation and another one that people also use.
_MALE = """
สมชาย Somchai Somchay|สมศักดิ์ Somsak Somsakdi|ประเสริฐ Prasert Prasoet|วิชัย Wichai Vichai
สุชาติ Suchat Suchart|ธนพล Thanaphon Tanapol|ณัฐพล Natthaphon Nattapol|กิตติ Kitti Kitti
อนุชา Anucha Anucha|ชัยวัฒน์ Chaiwat Chaiwatana|ภานุพงศ์ Phanuphong Panupong|ศุภชัย Suphachai Supachai
ธีรพงษ์ Thiraphong Teerapong|พงศกร Phongsakon Pongsakorn|วีระ Wira Veera|สมบัติ Sombat Sombut
อภิชาติ Aphichat Apichart|ปิยะ Piya Piya|ณรงค์ Narong Narong|บุญมี Bunmi Boonmee
ประยุทธ Prayut Prayuth|สุรชัย Surachai Surachai|เอกชัย Ekkachai Akachai|จักรพันธ์ Chakkraphan Jakkapan
ธนกร Thanakon Thanakorn|วรวุฒิ Worawut Vorawut|ศักดิ์ดา Sakda Sakda|กฤษณะ Kritsana Krisana
พีรพัฒน์ Phiraphat Peerapat|ชาญชัย Chanchai Charnchai|ไพโรจน์ Phairot Pairoj|มานะ Mana Mana
วสันต์ Wasan Vasan|สิทธิชัย Sitthichai Sittichai|อดิศักดิ์ Adisak Adisak|ธวัชชัย Thawatchai Tawatchai
ปรีชา Pricha Preecha|ยุทธนา Yutthana Yuttana|ภูวดล Phuwadon Puwadol|นพดล Noppadon Noppadol
เกรียงไกร Kriangkrai Kriengkrai|ทรงพล Songphon Songpol
"""
_FEMALE = """
สมหญิง Somying Somying|สุดา Suda Suda|มาลี Mali Malee|วันดี Wandi Wandee
ณัฐธิดา Natthathida Nattida|กนกวรรณ Kanokwan Kanokwan|สุภาพร Suphaphon Supaporn|ศิริพร Siriphon Siriporn
พรทิพย์ Phonthip Porntip|อรุณี Arunee Aruni|จันทร์เพ็ญ Chanphen Janpen|วราภรณ์ Waraphon Waraporn
ปวีณา Pawina Paweena|รัตนา Rattana Ratana|นภาพร Naphaphon Napaporn|ชลธิชา Chonthicha Chonticha
ธัญญา Thanya Tanya|พิมพ์ชนก Phimchanok Pimchanok|กัญญา Kanya Kanya|ดวงใจ Duangchai Duangjai
ลัดดา Ladda Ladda|สายฝน Saifon Saifon|อัญชลี Anchali Anchalee|เพ็ญศรี Phensi Pensri
จิราพร Chiraphon Jiraporn|นันทนา Nanthana Nuntana|บุษบา Butsaba Bussaba|ปาริชาติ Parichat Parichart
พัชรี Phatchari Patcharee|ภัทรา Phatthra Pattra|วิภา Wipha Vipa|ศศิธร Sasithon Sasitorn
สุนิสา Sunisa Sunisa|อมรรัตน์ Amonrat Amornrat|อารีย์ Ari Aree|เบญจวรรณ Benchawan Benjawan
กาญจนา Kanchana Karnchana|ขวัญใจ Khwanchai Kwanjai|จุฑามาศ Chuthamat Jutamas|ทิพวรรณ Thipphawan Tippawan
น้ำฝน Namfon Numfon|วรรณา Wanna Wanna
"""
_FAMILY = """
ใจดี Chaidi Jaidee|แสงทอง Saengthong Sangtong|ศรีสุข Sisuk Srisuk|วงศ์สวัสดิ์ Wongsawat Vongsavat
ทองดี Thongdi Tongdee|สุขใจ Sukchai Sukjai|บุญเรือง Bunrueang Boonruang|พรหมมา Phromma Promma
จันทร์แก้ว Chankaeo Jankaew|รัตนกุล Rattanakun Ratanakul|ศรีวิไล Siwilai Sriwilai|คำแก้ว Khamkaeo Kamkaew
มณีรัตน์ Manirat Maneerat|ชัยมงคล Chaimongkhon Chaimongkol|สายทอง Saithong Saitong|วัฒนกุล Watthanakun Wattanakul
เจริญสุข Charoensuk Jaroensuk|ปัญญาดี Panyadi Panyadee|อินทร์แก้ว Inkaeo Inkaew|สมบูรณ์ Sombun Somboon
เพชรรัตน์ Phetcharat Petcharat|พงษ์ไพบูลย์ Phongphaibun Pongpaiboon|ทรัพย์มาก Sapmak Submak|กลิ่นหอม Klinhom Klinhorm
ดวงแก้ว Duangkaeo Duangkaew|ศรีสวัสดิ์ Sisawat Srisawad|แก้วมณี Kaeomani Kaewmanee|นาคสุข Naksuk Nakasuk
อ่อนละมุน Onlamun Onlamoon|ขันทอง Khanthong Kuntong|เรืองศรี Rueangsi Ruangsri|วิเศษศักดิ์ Wisetsak Visetsak
ธนะสาร Thanasan Tanasarn|ภักดี Phakdi Pakdee|สิงห์ทอง Singthong Singtong|โพธิ์ศรี Phosi Posri
จิตรประเสริฐ Chitprasoet Jitprasert|เกตุแก้ว Ketkaeo Getkaew|บัวทอง Buathong Buatong|พันธ์ดี Phandi Pundee
ชูศรี Chusi Choosri|ยิ้มแย้ม Yimyaem Yimyam|หอมจันทร์ Homchan Homjan|แซ่ลิ้ม Saelim Sae-Lim
แซ่ตั้ง Saetang Sae-Tang|ตันติเวช Tantiwet Tantivej|พิทักษ์ไทย Phithakthai Pitakthai|ราชวงศ์ Ratchawong Rajwong
สุวรรณรัตน์ Suwannarat Suwanarat|อุดมสุข Udomsuk Udomsook|ประสิทธิ์ผล Prasitphon Prasitpol|มีสุข Misuk Meesuk
กาญจนวงศ์ Kanchanawong Kanjanawong|เทพารักษ์ Thepharak Teparak|บุญส่ง Bunsong Boonsong|ไชยวงศ์ Chaiwong Chaivong
วรรณศรี Wannasi Wannasri|ศักดิ์สิทธิ์ Saksit Saksith|พุ่มพวง Phumphuang Pumpuang|ศิริวัฒน์ Siriwat Siriwatana
"""
_FOREIGN_GIVEN = (
    "James Mary Wei Li Hiroshi Yuki John Anna Min Thida Aung Khin Somphone Keo Raj Priya Pierre Marie Hans Greta "
    "Ivan Olga Carlos Elena Minh Linh Ahmad Siti David Sarah Peter Emma"
)
_FOREIGN_FAMILY = (
    "Smith Johnson Wang Zhang Tanaka Suzuki Brown Müller Htun Win Myint Vongsa Phommachanh Sharma Patel Dubois Martin "
    "Schmidt Ivanov Petrova García Nguyen Tran Rahman Ismail Wilson Taylor Anderson Svensson Rossi Kim Park"
)


def _columns(text: str) -> list[pl.Series]:
    rows = [entry.split() for line in text.strip().splitlines() for entry in line.split("|")]
    return [pl.Series(list(column)) for column in zip(*rows, strict=True)]


MALE_COUNT = len(_columns(_MALE)[0])
FEMALE_COUNT = len(_columns(_FEMALE)[0])
FAMILY_COUNT = len(_columns(_FAMILY)[0])
FOREIGN_GIVEN_COUNT = len(_FOREIGN_GIVEN.split())
FOREIGN_FAMILY_COUNT = len(_FOREIGN_FAMILY.split())

# One vocabulary each for given and family names: Thai men, Thai women, foreigners; Thai families, foreign ones.
GIVEN_LOCAL, GIVEN_LATIN, GIVEN_VARIANT = (
    pl.concat([male, female, pl.Series(_FOREIGN_GIVEN.split())])
    for male, female in zip(_columns(_MALE), _columns(_FEMALE), strict=True)
)
FAMILY_LOCAL, FAMILY_LATIN, FAMILY_VARIANT = (
    pl.concat([family, pl.Series(_FOREIGN_FAMILY.split())]) for family in _columns(_FAMILY)
)
