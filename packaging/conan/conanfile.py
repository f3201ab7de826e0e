# conan create packaging/conan: the Conan package of the checkout that this recipe is in.
import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load


class Weir(ConanFile):
    name = "weir"
    description = "An asynchronous client for LLM inference providers"
    license = "BSL-1.0"
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False], "fPIC": [True, False], "tool": [True, False]}
    default_options = {"shared": False, "fPIC": True, "tool": False}

    def _checkout(self):
        return os.path.join(self.recipe_folder, os.pardir, os.pardir)

    def set_version(self):
        header = load(self, os.path.join(self._checkout(), "include", "weir", "version.hpp"))
        self.version = re.search(r'version = "([0-9.]+)"', header).group(1)

    def export_sources(self):
        for pattern in "CMakeLists.txt", "LICENSE", "CHANGELOG.md", "cmake/*", "include/*", "src/*":
            copy(self, pattern, self._checkout(), self.export_sources_folder)

    def requirements(self):
        # Public headers include Asio's.
        self.requires("boost/[>=1.81]", transitive_headers=True, transitive_libs=True)
        self.requires("openssl/[>=3 <4]", transitive_libs=True)
        self.requires("sqlite3/[>=3.37]", transitive_libs=True)
        self.requires("libnghttp2/[>=1.61 <2]", transitive_libs=True)
        self.requires("zlib/[>=1.2.11 <2]", transitive_libs=True)
        self.requires("zstd/[>=1.5 <2]", transitive_libs=True)
        if self.options.tool:
            self.requires("cli11/[>=2.1 <3]")
            self.requires("fmt/[>=9]")

    def validate(self):
        check_min_cppstd(self, 20)

    def layout(self):
        cmake_layout(self)

    def generate(self):
        toolchain = CMakeToolchain(self)
        for part in "TESTS", "EXAMPLES", "BENCHMARKS":
            toolchain.cache_variables[f"WEIR_BUILD_{part}"] = False
        toolchain.cache_variables["WEIR_BUILD_TOOL"] = bool(self.options.tool)
        toolchain.generate()
        CMakeDeps(self).generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        CMake(self).install()

    def package_info(self):
        # weir's own CMake package names what it needs.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = [os.path.join("lib", "cmake", "weir")]
        self.cpp_info.libs = ["weir"]
