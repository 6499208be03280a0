#include "core/plugin_host/manifest.h"

#include <sallyport/plugin.h>

#include <cstdlib>

#include "core/plugin_host/testdata/elf_image.h"
#include "core/plugin_host/testdata/host.h"
#include "test/support/catch.h"

namespace sp::plugin_host {
namespace {

using testing::ContainsSubstring;

std::string ErrorOf(std::string_view file) {
  const ManifestResult result = ReadManifest(file);
  CHECK_FALSE(result.manifest);
  REQUIRE_FALSE(result.errors.empty());
  std::string out;
  for (const std::string& error : result.errors) out += error + "\n";
  out.pop_back();
  return out;
}

std::string With(std::string file, size_t at, char value) {
  file[at] = value;
  return file;
}

std::string Identity(std::string_view name = "stamp", std::string_view version = "1.0.0", uint32_t flags = 0) {
  return ElfImage::Record(SP_RECORD_IDENTITY, name, version, flags);
}
std::string Records(const std::string& records) { return ElfImage::Good().Records(records).Build(); }

TEST_CASE("A good plugin tells of itself without being run") {
  unsetenv("SALLYPORT_TEST_PLUGIN_RAN");
  const ManifestResult result = ReadManifestFile(PluginPath("stamp"));
  CHECK(result.errors.empty());
  REQUIRE(result.manifest);
  const Manifest& manifest = *result.manifest;
  CHECK(manifest.name == "stamp");
  CHECK(manifest.version == "1.0.0");
  CHECK(manifest.abi_major == SP_ABI_MAJOR);
  CHECK(manifest.abi_minor_needed == 0);
  CHECK(manifest.flags == SP_PLUGIN_UNLOADABLE);
  REQUIRE(manifest.schemas.size() == 1);
  CHECK(manifest.schemas[0].filter == "stamp");
  CHECK_THAT(manifest.schemas[0].json, ContainsSubstring("\"x-sallyport-ref\": \"cluster\""));
  REQUIRE(manifest.route_schemas.size() == 1);
  CHECK(manifest.Obstacles().empty());
  CHECK(manifest.object.extra_exports.empty());
  CHECK(ReadManifestFile(PluginPath("simple")).manifest);
  CHECK(std::getenv("SALLYPORT_TEST_PLUGIN_RAN") == nullptr);
}

TEST_CASE("What is no plugin is refused with what it is") {
  const std::string good = ElfImage::Good().Build();
  REQUIRE(ReadManifest(good).manifest);
  CHECK(ErrorOf("") == "the file is empty");
  CHECK(ErrorOf("#!/bin/sh\necho hello\n") == "not a shared object: the file is text");
  CHECK(ErrorOf(std::string("\x00\x01\x02\x03", 4)) == "not a shared object: the file has no ELF header");
  CHECK(ErrorOf("\x7f\x45") == "the file is cut short");
  CHECK_THAT(ErrorOf(With(good, EI_CLASS, ELFCLASS32)), ContainsSubstring("built for a 32-bit machine; this host is "));
  CHECK_THAT(ErrorOf(With(good, EI_DATA, ELFDATA2MSB)), ContainsSubstring("big-endian"));
  CHECK_THAT(ErrorOf(With(good, 18, '\x15')), ContainsSubstring("built for ppc64; this host is "));
  CHECK_THAT(ErrorOf(With(good, 16, ET_REL)), ContainsSubstring("compiled but not linked"));
  CHECK_THAT(ErrorOf(With(good, 16, ET_EXEC)), ContainsSubstring("an executable"));
  CHECK_THAT(ErrorOf(With(good, 16, ET_CORE)), ContainsSubstring("not a shared object"));
  CHECK_THAT(ErrorOf(ElfImage::Good().Dynamic(DT_FLAGS_1, DF_1_PIE).Build()), ContainsSubstring("an executable"));
  CHECK(ErrorOf(With(good, sizeof(Elf64_Ehdr) - 4, 0)) == "not a Sallyport plugin: its section headers were stripped");
}

TEST_CASE("Files of other kinds are named") {
  struct Row {
    std::string path, error;
  };
  const std::string plugins = std::string(SALLYPORT_BINARY_DIR) + "/test/plugins";
  const Row rows[] = {
      {PluginPath("none"), "there is no such file"},
      {plugins, "it is a directory"},
      {"/dev/null", "it is not a regular file"},
      {std::string(SALLYPORT_SOURCE_DIR) + "/CMakeLists.txt", "not a shared object: the file is text"},
      {PluginPath("no_plugin"), "not a Sallyport plugin: it has no section .sallyport"},
      {PluginPath("no_entry"), "it does not export sallyport_plugin_entry"},
      {plugins + "/program", "an executable, not a shared object"},
      {PluginPath("other_major"), "built for version 2 of the plugin ABI; this host speaks version 1"},
      {PluginPath("newer_minor"), "needs version 1.7 of the plugin ABI; this host speaks 1.0"},
      {PluginPath("unknown_flags"), "has flags that this host does not know: 0x40"},
      {PluginPath("broken_schema"), "the schema of filter \"simple\" is not JSON"},
      {PluginPath("huge_schema"), "the schema of filter \"simple\" is too large: 320021 bytes, 262144 are allowed"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.path);
    const ManifestResult result = ReadManifestFile(row.path);
    CHECK_FALSE(result.manifest);
    REQUIRE(result.errors.size() == 1);
    CHECK_THAT(result.errors[0], ContainsSubstring(row.error));
  }
}

TEST_CASE("Records are checked one by one") {
  const auto schema = [](std::string_view filter, std::string_view json, uint32_t kind = SP_RECORD_SCHEMA) {
    return ElfImage::Record(kind, filter, json);
  };
  CHECK(ErrorOf(Records(schema("stamp", "{}"))) == "not a Sallyport plugin: section .sallyport has no identity");
  CHECK(ErrorOf(Records("")) == "not a Sallyport plugin: section .sallyport has no identity");
  CHECK_THAT(ErrorOf(Records(Identity() + Identity("second"))),
             ContainsSubstring("names that clash: the file holds two"));
  CHECK_THAT(ErrorOf(Records(Identity("a/b"))), ContainsSubstring("its name is not made of letters"));
  CHECK_THAT(ErrorOf(Records(Identity(""))), ContainsSubstring("its name is not made of letters"));
  CHECK_THAT(ErrorOf(Records(Identity("a", "1\n2"))), ContainsSubstring("its version is not a short text"));
  CHECK_THAT(ErrorOf(Records(Identity("a", "1", 3))), ContainsSubstring("resident and can be unloaded, both"));
  CHECK_THAT(ErrorOf(Records(Identity() + schema("a", "{}") + schema("a", "{}"))),
             ContainsSubstring("names that clash: two schemas for the filter \"a\""));
  CHECK(ReadManifest(
            Records(Identity() + schema("a", "{}") + schema("a", "{}", SP_RECORD_ROUTE_SCHEMA) + schema("b", "{}")))
            .manifest);
  const auto extension = ElfImage::Record(SP_RECORD_EXTENSION, "sallyport.http_filter/1", "a");
  CHECK_THAT(ErrorOf(Records(Identity() + extension + extension)), ContainsSubstring("two filters are called \"a\""));
  CHECK_THAT(ErrorOf(Records(Identity() + schema("", "{}"))), ContainsSubstring("no proper filter name"));
  // Several faults, all of them said.
  CHECK(ErrorOf(Records(Identity("a b") + schema("a", "{") + schema("b", "}"))).find("\"b\" is not JSON") !=
        std::string::npos);
  // A kind that a later minor version may bring is none of ours; bytes between records are the linker's.
  CHECK(ReadManifest(Records(Identity() + std::string(16, '\0') + ElfImage::Record(99, "x", "y"))).manifest);
  // Minor versions: the highest counts.
  CHECK(ErrorOf(Records(Identity() + ElfImage::Record(SP_RECORD_SCHEMA, "a", "{}", 0, SP_ABI_MAJOR, 1))) ==
        "needs version 1.1 of the plugin ABI; this host speaks 1.0");
}

TEST_CASE("Damaged records end the reading") {
  const std::string identity = Identity();
  for (const uint32_t size : {0U, 8U, 23U, 25U, 33U, 1000U, 0xfffffff8U}) {
    std::string record = identity;
    std::memcpy(record.data() + 8, &size, sizeof size);
    CAPTURE(size);
    CHECK(ErrorOf(Records(identity + record)) == "section .sallyport is damaged");
  }
  CHECK(ErrorOf(Records(identity + "garbage")) == "section .sallyport is damaged");
}

TEST_CASE("The entry must be the constant that the macro makes") {
  const auto image = [](unsigned binding, uint16_t section, unsigned type, uint64_t size) {
    ElfImage built;
    built.Records(Identity());
    return built.Symbol("sallyport_plugin_entry", binding, section, type, size).Build();
  };
  CHECK(ReadManifest(image(STB_GLOBAL, 1, STT_OBJECT, 80)).manifest);
  CHECK_THAT(ErrorOf(image(STB_GLOBAL, SHN_UNDEF, STT_OBJECT, 80)), ContainsSubstring("does not export"));
  CHECK_THAT(ErrorOf(image(STB_GLOBAL, 1, STT_FUNC, 80)), ContainsSubstring("is not the constant"));
  CHECK_THAT(ErrorOf(image(STB_GLOBAL, 1, STT_OBJECT, 8)), ContainsSubstring("is not the constant"));
}

TEST_CASE("What stands against unmapping is found") {
  const auto manifest = [](const ElfImage& image) {
    const ManifestResult result = ReadManifest(image.Build());
    REQUIRE(result.manifest);
    return *result.manifest;
  };
  const auto good = [] {
    ElfImage image = ElfImage::Good();
    return image.Records(Identity("stamp", "1", SP_PLUGIN_UNLOADABLE));
  };
  CHECK(manifest(good()).can_unload());
  CHECK(manifest(good()).Warnings().empty());
  CHECK(manifest(good()).object.needed == std::vector<std::string>{"libc.so.6"});
  CHECK_THAT(manifest(ElfImage::Good()).Obstacles().at(0), ContainsSubstring("does not say that it can be unloaded"));
  CHECK_THAT(manifest(good().Symbol("_ZN1x", STB_GNU_UNIQUE)).Obstacles().at(0),
             ContainsSubstring("1 GNU_UNIQUE symbols (_ZN1x"));
  CHECK_THAT(manifest(good().Dynamic(DT_FLAGS_1, DF_1_NODELETE)).Obstacles().at(0), ContainsSubstring("nodelete"));
  CHECK_THAT(manifest(good().Symbol("helper", STB_GLOBAL)).Warnings().at(0), ContainsSubstring("(helper)"));
  CHECK(manifest(good().Symbol("_end", STB_GLOBAL).Symbol("local", STB_LOCAL)).Warnings().empty());
  CHECK_THAT(manifest(good().Dynamic(DT_FLAGS, DF_STATIC_TLS)).Warnings().at(0), ContainsSubstring("thread-local"));
  CHECK_THAT(manifest(good().Symbol("__cxa_thread_atexit", STB_GLOBAL, SHN_UNDEF)).Warnings().at(0),
             ContainsSubstring("thread-local destructors"));
  CHECK_THAT(manifest(good().DynamicText(DT_RUNPATH, "$ORIGIN/x")).Warnings().at(0), ContainsSubstring("$ORIGIN"));

  const ManifestResult unique = ReadManifestFile(PluginPath("unique"));
  REQUIRE(unique.manifest);
  CHECK(unique.manifest->object.unique_symbol_count >= 1);
  CHECK_FALSE(unique.manifest->can_unload());
}

TEST_CASE("A file cut short anywhere is refused, never read beyond its end") {
  std::string file;
  REQUIRE(ReadManifestFile(PluginPath("simple"), &file).manifest);
  const std::string image = ElfImage::Good().Build();
  for (size_t size = 0; size < image.size(); ++size) {
    // A buffer of its own, so that AddressSanitizer sees its end.
    const std::vector<char> cut(image.begin(), image.begin() + static_cast<std::ptrdiff_t>(size));
    if (ReadManifest({cut.data(), cut.size()}).manifest) FAIL("accepted when cut to " << size);
  }
  for (size_t size = 0; size < file.size(); size += 97) {
    const std::vector<char> cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));
    ReadManifest({cut.data(), cut.size()});
  }
}

}  // namespace
}  // namespace sp::plugin_host
