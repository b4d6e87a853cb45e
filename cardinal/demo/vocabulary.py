"""Words of the demo bank: places, jobs, merchants, pages, searches. Codes elsewhere are positions here."""

from __future__ import annotations

import polars as pl

NATIONALITIES = ("TH", "GB", "JP", "CN", "US", "DE", "MM", "LA", "IN", "FR")
NATIONALITY_WEIGHTS = (930, 6, 8, 12, 6, 4, 18, 8, 5, 3)

# Name, share of the population, postal code of its centre.
_PROVINCES = (
    ("กรุงเทพมหานคร", 26, 10110), ("นนทบุรี", 7, 11000), ("สมุทรปราการ", 7, 10270), ("ปทุมธานี", 6, 12000),
    ("ชลบุรี", 7, 20000), ("เชียงใหม่", 7, 50000), ("นครราชสีมา", 7, 30000), ("ขอนแก่น", 5, 40000),
    ("ภูเก็ต", 3, 83000), ("สงขลา", 5, 90000), ("ระยอง", 3, 21000), ("นครปฐม", 3, 73000),
    ("อุดรธานี", 4, 41000), ("สุราษฎร์ธานี", 3, 84000), ("พิษณุโลก", 3, 65000), ("อุบลราชธานี", 4, 34000),
)  # fmt: skip
PROVINCES = pl.Series([name for name, _, _ in _PROVINCES])
PROVINCE_WEIGHTS = tuple(share for _, share, _ in _PROVINCES)
POSTAL_CODES = pl.Series([str(code) for _, _, code in _PROVINCES])
PROVINCE_PRICES = tuple(1.4 if n == 0 else 1.15 if n in (1, 2, 4, 8) else 0.9 for n in range(len(_PROVINCES)))
DISTRICTS = pl.Series(
    ["เมือง", "บางรัก", "บางกะปิ", "ลาดพร้าว", "ปากเกร็ด", "ธัญบุรี", "ศรีราชา", "หาดใหญ่", "หางดง", "วารินชำราบ"]
)
ROADS = pl.Series(["ถนนสุขุมวิท", "ถนนพหลโยธิน", "ถนนเพชรเกษม", "ถนนมิตรภาพ", "ถนนรัชดาภิเษก", "ซอยสุขใจ", "ถนนราษฎร์บำรุง"])

# Occupation, its monthly income in the middle, whether a salary is paid.
_OCCUPATIONS = (
    ("student", 5_000, False), ("office employee", 28_000, True), ("civil servant", 30_000, True),
    ("engineer", 52_000, True), ("teacher", 27_000, True), ("nurse", 31_000, True), ("manager", 85_000, True),
    ("physician", 120_000, True), ("factory worker", 15_500, True), ("sales person", 22_000, True),
    ("self-employed", 30_000, False), ("shop owner", 38_000, False), ("freelancer", 25_000, False),
    ("farmer", 12_000, False), ("retired", 14_000, False), ("homemaker", 6_000, False),
)  # fmt: skip
OCCUPATIONS = pl.Series([name for name, _, _ in _OCCUPATIONS])
OCCUPATION_INCOMES = tuple(income for _, income, _ in _OCCUPATIONS)
OCCUPATION_SALARIED = tuple(salaried for _, _, salaried in _OCCUPATIONS)
OCCUPATION_WEIGHTS = (0, 20, 9, 6, 5, 4, 5, 1, 16, 10, 9, 6, 5, 8, 0, 4)
STUDENT, RETIRED = 0, 14
EMPLOYERS = pl.Series([
    "Siam Components Co., Ltd.", "บริษัท สยามอาหาร จำกัด", "Chao Phraya Logistics PCL", "กรมการปกครอง",
    "โรงพยาบาลรามคำแหง",
    "Lotus Retail Co., Ltd.", "Bangkok Software House", "โรงเรียนสาธิตพัฒนา", "Eastern Auto Parts", "Thai Garment Group",
    "Andaman Hotels", "มหาวิทยาลัยนครหลวง", "PTX Energy PCL", "Northern Agro Co.", "Metro Telecom", "บริษัท ก้าวหน้า จำกัด",
])  # fmt: skip

MARITAL = pl.Series(["single", "married", "divorced", "widowed"])
SINGLE, MARRIED, DIVORCED, WIDOWED = range(4)
GENDERS = pl.Series(["F", "M"])
LIFE_STAGES = pl.Series([
    "student", "young_single", "couple", "young_family", "family", "empty_nest", "single_adult", "retired",
])  # fmt: skip
SEGMENTS = pl.Series(["mass", "mass_affluent", "affluent", "private"])

# Spending groups: name, mean amount, baseline purchases a card and month, merchant category codes.
_SPENDING = (
    ("groceries", 450, 1.10, ("5411", "5499")), ("dining", 320, 1.20, ("5812", "5814")),
    ("fuel", 900, 0.55, ("5541", "5542")), ("transport", 120, 0.60, ("4121", "4111")),
    ("shopping", 1_100, 0.65, ("5311", "5651", "5999")), ("electronics", 5_200, 0.10, ("5732", "5045")),
    ("home", 4_800, 0.08, ("5712", "5200", "5722")), ("car", 3_800, 0.07, ("7538", "5533")),
    ("health", 1_300, 0.16, ("5912", "8062")), ("children", 950, 0.05, ("5641", "5945")),
    ("education", 9_500, 0.04, ("8220", "8299")), ("travel", 6_200, 0.10, ("3000", "7011", "4722")),
    ("entertainment", 380, 0.35, ("7832", "5815")), ("insurance", 3_000, 0.04, ("6300",)),
    ("wedding", 16_000, 0.01, ("7299", "5944")), ("online", 650, 0.60, ("5969", "5262")),
)  # fmt: skip
SPENDING = tuple(name for name, _, _, _ in _SPENDING)
SPENDING_MEANS = tuple(mean for _, mean, _, _ in _SPENDING)
SPENDING_RATES = tuple(rate for _, _, rate, _ in _SPENDING)
SHOPS_PER_GROUP = 40
_SHOP_WORDS = ("Siam", "Central", "Thai", "Golden", "Chao Phraya", "Andaman", "Lanna", "Isan", "Metro", "Lotus")
_SHOPS = [
    (f"{_SHOP_WORDS[n % 10]} {name.title()} {n // 10 + 1}", f"MER{group:02d}{n:04d}", codes[n % len(codes)])
    for group, (name, _, _, codes) in enumerate(_SPENDING)
    for n in range(SHOPS_PER_GROUP)
]
# After the shops: where stolen cards go. Digital goods to test them, then what is easily resold.
_FRAUD_SHOPS = [
    ("GAMEKEYS ONLINE", "MERF0001", "5816"), ("APPSTORE TOPUP", "MERF0002", "5815"), ("DONATE NOW", "MERF0003", "8398"),
    ("ELECTRO WORLD INTL", "MERF0004", "5732"), ("GIFTCARD HUB", "MERF0005", "5947"),
    ("LUXWATCH STORE", "MERF0006", "5944"),
    ("CRYPTO RAMP", "MERF0007", "6051"), ("ATM CASH", "MERF0008", "6011"),
]  # fmt: skip
TESTING_SHOPS, LOOT_SHOPS = len(_SHOPS), len(_SHOPS) + 3
CASH_SHOP = len(_SHOPS) + len(_FRAUD_SHOPS) - 1
SHOP_NAMES = pl.Series([name for name, _, _ in _SHOPS + _FRAUD_SHOPS])
SHOP_IDS = pl.Series([number for _, number, _ in _SHOPS + _FRAUD_SHOPS])
SHOP_CODES = pl.Series([code for _, _, code in _SHOPS + _FRAUD_SHOPS])
COUNTRIES = pl.Series(["TH", "JP", "SG", "US", "GB", "CN", "NG", "RU", "BR"])
COUNTRY_CURRENCIES = pl.Series(["THB", "JPY", "SGD", "USD", "GBP", "CNY", "USD", "USD", "USD"])
COUNTRY_RATES = (1.0, 0.235, 26.0, 34.5, 44.0, 4.8, 34.5, 34.5, 34.5)

# Topics of pages and searches. Each is one of the contract's content groups.
TOPICS = ("cards", "home", "car", "family", "education", "investing", "insurance", "travel", "retirement", "deals")
TOPIC_NAMES = pl.Series(TOPICS)
PAGES_PER_TOPIC = 6
_PAGE_WORDS = ("overview", "compare", "calculator", "rates", "guide", "apply")
PAGE_LOCATIONS = pl.Series([f"https://www.cardinalbank.example/{t}/{w}" for t in TOPICS for w in _PAGE_WORDS])
PAGE_TITLES = pl.Series([f"{t.title()}: {w}" for t in TOPICS for w in _PAGE_WORDS])
CONTENT_IDS = pl.Series([f"{t}-{w}" for t in TOPICS for w in _PAGE_WORDS])
SEARCHES_PER_TOPIC = 5
SEARCH_TERMS = pl.Series([
    "บัตรเครดิต แต้ม", "credit card points", "เพิ่มวงเงิน", "lounge card", "บัตรเครดิต ไม่มีค่าธรรมเนียม",
    "สินเชื่อบ้าน", "home loan rate", "คอนโด ผ่อน", "รีไฟแนนซ์บ้าน", "mortgage calculator",
    "สินเชื่อรถ", "car loan", "ดาวน์รถ ผ่อนกี่เดือน", "ev loan", "ประกันรถยนต์",
    "ออมเงินเพื่อลูก", "family insurance", "ค่าคลอด", "wedding loan", "บัญชีลูก",
    "ค่าเทอม มหาวิทยาลัย", "study abroad fund", "student loan", "education savings", "โอนเงินต่างประเทศ ค่าเทอม",
    "กองทุนรวม", "mutual fund", "ssf rmf", "หุ้นต่างประเทศ", "fixed deposit rate",
    "ประกันชีวิต", "health insurance", "ประกันสุขภาพ เหมาจ่าย", "life insurance tax", "ลดหย่อนภาษี",
    "travel card", "แลกเงิน", "ประกันเดินทาง", "miles credit card", "โปรตั๋วเครื่องบิน",
    "เกษียณ", "retirement plan", "annuity", "บำนาญ", "rmf retirement",
    "โปรโมชั่น", "cashback", "ส่วนลดร้านอาหาร", "1 แถม 1", "shopping deal",
])  # fmt: skip
PROMOTION_IDS = pl.Series([f"PROMO-{t.upper()}-{n}" for t in TOPICS for n in range(3)])
PROMOTION_NAMES = pl.Series([f"{t.title()} offer {n + 1}" for t in TOPICS for n in range(3)])
CREATIVES = pl.Series(["banner_people", "banner_product", "banner_price", "card_story"])
VARIANTS = pl.Series(["control", "treatment"])
