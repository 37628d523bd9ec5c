"""Packs the app and the standard library's sources that an archive can hold, sorted and without times: the same bytes each time."""
import pathlib
import sys
import sysconfig
import zipfile

LEFT_OUT = {"test", "idlelib", "lib2to3", "tkinter", "turtledemo", "distutils", "ensurepip", "pydoc_data", "venv", "site-packages", "dist-packages", "__pycache__", "curses", "dbm", "sqlite3"}

target, *apps = sys.argv[1:]
library = pathlib.Path(sysconfig.get_path("stdlib"))
files = {path.name: path for path in map(pathlib.Path, apps)}
for path in library.rglob("*.py"):
    inside = path.relative_to(library)
    if not LEFT_OUT.intersection(inside.parts) and not inside.parts[0].startswith("config-"):
        files[str(inside)] = path
with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
    for name in sorted(files):
        archive.writestr(zipfile.ZipInfo(name), files[name].read_bytes(), zipfile.ZIP_DEFLATED)
