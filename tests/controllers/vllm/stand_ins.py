"""Puts empty libraries in the place of those of CUDA, and empties PyTorch's own code for GPUs.

PyTorch as PyPI has it is linked against some gigabytes of them. The loader wants to find them and their symbols, though
nothing of them is used where there is no GPU: vLLM's build for CPUs calls PyTorch's part for CPUs alone.
"""

import ctypes
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection


class Library:
    """What a library gives, and what it wants of which other."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            elf = ELFFile(file)
            [dynamic] = [one for one in elf.iter_sections() if isinstance(one, DynamicSection)]
            self.needed = {tag.needed for tag in dynamic.iter_tags("DT_NEEDED")}
            # The number of a version, and the file and the name of it.
            versions = {
                version["vna_other"]: (file.name, version.name)
                for section in elf.iter_sections()
                if isinstance(section, GNUVerNeedSection)
                for file, parts in section.iter_versions()
                for version in parts
            }
            numbers = elf.get_section_by_name(".gnu.version")
            self.given: set[str] = set()
            self.wanted: set[tuple[str, str | None, str | None]] = set()
            for index, symbol in enumerate(elf.get_section_by_name(".dynsym").iter_symbols()):
                if symbol["st_shndx"] != "SHN_UNDEF":
                    self.given.add(symbol.name)
                elif symbol["st_info"]["bind"] == "STB_GLOBAL":
                    number = numbers.get_symbol(index)["ndx"] if numbers else 0
                    self.wanted.add((symbol.name, *versions.get(number, (None, None))))


def write(target: Path, versions: dict[str | None, set[str]]) -> None:
    """Compiles a library whose functions do nothing."""
    with tempfile.TemporaryDirectory() as directory:
        source, script = Path(directory, "stand_in.c"), Path(directory, "stand_in.map")
        names = {name for some in versions.values() for name in some}
        source.write_text("".join(f"void *{name}(void) {{ return 0; }}\n" for name in sorted(names)))
        script.write_text(
            "".join(
                f"{version} {{ global: {' '.join(f'{name};' for name in sorted(some))} }};\n"
                for version, some in versions.items()
                if version
            )
        )
        versioned = [f"-Wl,--version-script={script}"] if any(versions) else []
        options = ["-shared", "-fPIC", "-w", "-fno-builtin", "-nostdlib", f"-Wl,-soname,{target.name}", *versioned]
        subprocess.run([sys.executable, "-m", "ziglang", "cc", *options, "-o", target, source], check=True)


def empty_gpu_code(file: Path) -> None:
    """It compresses to nothing then, so that the image is a third of a gigabyte smaller on its way."""
    with file.open("r+b") as opened:
        section = ELFFile(opened).get_section_by_name(".nv_fatbin")
        if section:
            opened.seek(section["sh_offset"])
            opened.write(bytes(section["sh_size"]))


def main(torch: Path) -> None:
    directory = torch / "lib"
    files = [*directory.glob("*.so*"), *torch.glob("*.so")]
    libraries = [Library(file) for file in files]
    present = {file.name for file in files}
    given = set().union(*(library.given for library in libraries))
    missing = {name for library in libraries for name in library.needed - present if not is_of_system(name)}
    ctypes.CDLL("libstdc++.so.6", mode=ctypes.RTLD_GLOBAL)
    # What the system's libraries give, and Python.
    system = ctypes.CDLL(None)
    wanted: dict[str, dict[str | None, set[str]]] = {name: defaultdict(set) for name in missing}
    for library in libraries:
        for name, file, version in library.wanted:
            if file in missing:
                wanted[file][version].add(name)
            elif file is None and name not in given and not hasattr(system, name):
                # It does not matter which of them has it.
                wanted[min(missing)][None].add(name)
    for name, versions in wanted.items():
        write(directory / name, versions)
        print(name, sum(map(len, versions.values())))
    for file in files:
        empty_gpu_code(file)


def is_of_system(name: str) -> bool:
    return name.startswith(("ld-linux", "libc.", "libdl.", "libgcc_s.", "libm.", "libpthread.", "librt.", "libstdc++."))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
