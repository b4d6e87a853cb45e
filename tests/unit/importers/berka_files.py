"""A small bank in the shape of the Berka files, made up for these tests."""

from __future__ import annotations

from pathlib import Path

SMALL_BANK: dict[str, str] = {
    "account": '"account_id";"district_id";"frequency";"date"\n'
    '1;2;"POPLATEK MESICNE";930105\n'
    '2;1;"POPLATEK TYDNE";930210\n',
    "client": '"client_id";"birth_number";"district_id"\n11;"706213";1\n12;"450204";2\n13;"400101";1\n',
    "disp": '"disp_id";"client_id";"account_id";"type"\n101;11;1;"OWNER"\n102;12;1;"DISPONENT"\n103;13;2;"OWNER"\n',
    "district": "A1;A2;A3;A4;A5;A6;A7;A8;A9;A10;A11;A12;A13;A14;A15;A16\n"
    '1;"Hl.m. Praha";"Prague";1;0;0;0;1;1;100.0;1;0.29;0.43;1;1;1\n'
    '2;"Benesov";"central Bohemia";1;0;0;0;1;1;46.7;1;1.67;1.85;1;1;1\n',
    "loan": '"loan_id";"account_id";"date";"amount";"duration";"payments";"status"\n'
    '501;1;930705;1200;12;100.00;"B"\n502;2;930801;2400;24;100.00;"D"\n',
    "card": '"card_id";"disp_id";"type";"issued"\n901;101;"gold";"931107 00:00:00"\n',
    "order": '"order_id";"account_id";"bank_to";"account_to";"amount";"k_symbol"\n'
    '701;1;"YZ";"8714";24.50;"SIPO"\n702;2;"ST";"8959";10.00;" "\n',
    "trans": '"trans_id";"account_id";"date";"type";"operation";"amount";"balance";"k_symbol";"bank";'
    '"account"\n'
    '31;1;930105;"PRIJEM";"VKLAD";700.00;700.00;"";;\n'
    # Numbers against the order of the day: the fee (30) came after the interest (39).
    '30;1;930131;"VYDAJ";"VYBER";14.60;687.40;"SLUZBY";;\n'
    '39;1;930131;"PRIJEM";"";2.00;702.00;"UROK";;\n'
    '40;1;930201;"VYDAJ";"PREVOD NA UCET";24.50;662.90;"SIPO";"YZ";"8714"\n'
    '41;2;930210;"PRIJEM";"VKLAD";100.00;100.00;"";;\n'
    '42;2;930211;"VYBER";"VYBER";40.00;60.00;"";;0\n',
}


def write_bank(folder: Path, **changed: str) -> Path:
    """Write the eight files, some of them replaced by other text, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {**SMALL_BANK, **changed}.items():
        (folder / f"{name}.asc").write_bytes(text.replace("\n", "\r\n").encode())
    return folder
