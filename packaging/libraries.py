"""The system libraries that Qt's window needs on Linux: which are missing, and who brings them.

Run as a script (by the environment's own Python) it prints the missing ones as a JSON list. Only what
PySide6's wheels do not carry themselves is listed; the last word has the loader, on the platform plugins.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

DEBIAN_PACKAGES = {
    "libstdc++.so.6": "libstdc++6",
    "libz.so.1": "zlib1g",
    "libzstd.so.1": "libzstd1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11.so.6": "libx11-6",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb.so.1": "libxcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-glx.so.0": "libxcb-glx0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}
"""Library -> the Debian package that brings it (Ubuntu's renamed ones still answer to these names)."""

WAYLAND_PACKAGES = {
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
}
"""The same for a Wayland desktop."""

_XCB = {
    "libxcb-cursor.so.0": "xcb-util-cursor",
    "libxcb-icccm.so.4": "xcb-util-wm",
    "libxcb-image.so.0": "xcb-util-image",
    "libxcb-keysyms.so.1": "xcb-util-keysyms",
    "libxcb-render-util.so.0": "xcb-util-renderutil",
}
FEDORA_PACKAGES = dict.fromkeys(DEBIAN_PACKAGES, "libxcb") | _XCB
FEDORA_PACKAGES |= {
    "libstdc++.so.6": "libstdc++",
    "libz.so.1": "zlib",
    "libzstd.so.1": "libzstd",
    "libglib-2.0.so.0": "glib2",
    "libgthread-2.0.so.0": "glib2",
    "libdbus-1.so.3": "dbus-libs",
    "libfontconfig.so.1": "fontconfig",
    "libfreetype.so.6": "freetype",
    "libEGL.so.1": "libglvnd-egl",
    "libGL.so.1": "libglvnd-glx",
    "libX11.so.6": "libX11",
    "libX11-xcb.so.1": "libX11-xcb",
    "libxkbcommon.so.0": "libxkbcommon",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11",
    "libwayland-client.so.0": "libwayland-client",
    "libwayland-cursor.so.0": "libwayland-cursor",
    "libwayland-egl.so.1": "libwayland-egl",
}
ARCH_PACKAGES = dict.fromkeys(DEBIAN_PACKAGES, "libxcb") | _XCB | dict.fromkeys(WAYLAND_PACKAGES, "wayland")
ARCH_PACKAGES |= {
    "libstdc++.so.6": "gcc-libs",
    "libz.so.1": "zlib",
    "libzstd.so.1": "zstd",
    "libglib-2.0.so.0": "glib2",
    "libgthread-2.0.so.0": "glib2",
    "libdbus-1.so.3": "dbus",
    "libfontconfig.so.1": "fontconfig",
    "libfreetype.so.6": "freetype2",
    "libEGL.so.1": "libglvnd",
    "libGL.so.1": "libglvnd",
    "libX11.so.6": "libx11",
    "libX11-xcb.so.1": "libx11",
    "libxkbcommon.so.0": "libxkbcommon",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11",
}
MANAGERS = (
    ("apt-get", "sudo apt-get install", DEBIAN_PACKAGES | WAYLAND_PACKAGES),
    ("dnf", "sudo dnf install", FEDORA_PACKAGES),
    ("pacman", "sudo pacman -S --needed", ARCH_PACKAGES),
)
"""Programs that bring packages: how a person calls them, and what they call the libraries."""

PLUGINS = (
    "platforms/libqoffscreen.so",
    "platforms/libqxcb.so",
    "xcbglintegrations/libqxcb-egl-integration.so",
)


def find_missing(python: Path) -> list[str]:
    """The libraries that the environment's Qt cannot find; empty elsewhere than on Linux."""
    if not sys.platform.startswith("linux"):
        return []
    result = subprocess.run([str(python), "-I", __file__], capture_output=True, text=True)
    if result.returncode:
        return []  # it could not be asked; the program will say it better
    return list(json.loads(result.stdout))


def packages_for(libraries: Iterable[str]) -> list[str]:
    """The Debian packages that bring these libraries, each once; the unknown ones are left out."""
    known = DEBIAN_PACKAGES | WAYLAND_PACKAGES
    return sorted({known[library] for library in libraries if library in known})


def explain(libraries: list[str]) -> str:
    """One sentence for somebody who has to install the libraries themselves."""
    for program, command, known in MANAGERS:
        packages = sorted({known[library] for library in libraries if library in known})
        if packages and shutil.which(program):
            line = f"{command} {' '.join(packages)}"
            return f"The window needs system libraries that are not here; install them with: {line}"
    return (
        "The window needs system libraries that are not here; install what brings "
        f"{', '.join(libraries)} with your system's package manager."
    )


def apt_prefix() -> list[str] | None:
    """What goes before apt-get: nothing for root, sudo where it asks nothing; None if it cannot be used."""
    if not shutil.which("apt-get"):
        return None
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive"]
    if os.geteuid() == 0:
        return quiet
    if not shutil.which("sudo"):
        return None
    allowed = subprocess.run(["sudo", "-n", "true"], capture_output=True, stdin=subprocess.DEVNULL)
    return ["sudo", "-n", *quiet] if allowed.returncode == 0 else None


# ---- in the environment's Python ----


def probe() -> list[str]:
    """Ask the loader for each library, then for the plugins that need them."""
    wanted = dict(DEBIAN_PACKAGES)
    if os.environ.get("WAYLAND_DISPLAY"):
        wanted |= WAYLAND_PACKAGES
    missing = [name for name in wanted if not _loads(name)]
    return missing or _needed_by_plugins()


def _loads(name: str) -> bool:
    import ctypes

    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _needed_by_plugins() -> list[str]:
    """The first library that each plugin misses although all the listed ones are there."""
    import ctypes
    import sysconfig

    folder = Path(sysconfig.get_paths()["platlib"], "PySide6", "Qt", "plugins")
    missing = []
    for plugin in PLUGINS:
        try:
            ctypes.CDLL(str(folder / plugin))
        except OSError as error:
            found = re.match(r"(\S+\.so[.\d]*): cannot open shared object", str(error))
            if found and not found[1].startswith("/"):
                missing.append(found[1])
    return list(dict.fromkeys(missing))


if __name__ == "__main__":
    print(json.dumps(probe()))
