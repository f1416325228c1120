"""Compiles every .po file that is newer than its .mo file. Needs no gettext on the machine."""

from pathlib import Path

import polib

for po in Path(__file__).resolve().parent.parent.glob("locale*/*/LC_MESSAGES/*.po"):
    mo = po.with_suffix(".mo")
    if not mo.exists() or mo.stat().st_mtime < po.stat().st_mtime:
        polib.pofile(str(po)).save_as_mofile(str(mo))
