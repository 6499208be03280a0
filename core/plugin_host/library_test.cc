// Loading plugins: conformance tests 1 and 2 of the plugin ABI, generations, unmapping.
#include "core/plugin_host/library.h"

#include <dlfcn.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "core/plugin_host/testdata/host.h"
#include "test/support/catch.h"

namespace sp::plugin_host {
namespace {

using testing::ContainsSubstring;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A plugin file that a test may change; replaced by rename, as builds and package managers do.
class PluginFile {
 public:
  explicit PluginFile(std::string_view plugin) : path_(Directory() + "/libswapped.so") { Replace(plugin); }
  ~PluginFile() { std::filesystem::remove_all(std::filesystem::path(path_).parent_path()); }
  PluginFile(const PluginFile&) = delete;
  PluginFile& operator=(const PluginFile&) = delete;
  void Replace(std::string_view plugin) { Write(ReadFile(PluginPath(plugin))); }
  void Write(const std::string& bytes) {
    std::ofstream(path_ + ".new", std::ios::binary) << bytes;
    std::filesystem::rename(path_ + ".new", path_);
  }
  const std::string& path() const { return path_; }

 private:
  static std::string Directory() {
    std::string directory = std::string(SALLYPORT_BINARY_DIR) + "/test/swapXXXXXX";
    return mkdtemp(directory.data());
  }
  std::string path_;
};

bool Mapped(const std::string& path) {
  const std::string maps = ReadFile("/proc/self/maps");
  return maps.find(path) != std::string::npos;
}

TEST_CASE("Conformance 1: what is wrong with the file is said, and none of its code runs") {
  struct Row {
    std::string plugin, error;
  };
  const Row rows[] = {
      {"other_major", "built for version 2 of the plugin ABI"},
      {"newer_minor", "needs version 1.7 of the plugin ABI"},
      {"unknown_flags", "has flags that this host does not know"},
      {"broken_schema", "is not JSON"},
      {"huge_schema", "is too large"},
      {"no_plugin", "not a Sallyport plugin"},
      {"no_entry", "does not export sallyport_plugin_entry"},
      {"missing_symbol", "undefined symbol: function_that_nobody_has"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.plugin);
    TestHost host;
    unsetenv("SALLYPORT_TEST_PLUGIN_RAN");
    CHECK(host.Open(row.plugin) == nullptr);
    REQUIRE(host.errors.size() == 1);
    CHECK(host.errors[0].path == "plugins[0]");
    CHECK_THAT(host.errors[0].message, ContainsSubstring("lib" + row.plugin + ".so: "));
    CHECK_THAT(host.errors[0].message, ContainsSubstring(row.error));
    CHECK_THAT(host.errors[0].message, !ContainsSubstring("sallyport-plugins-"));  // the copy's name
    CHECK(std::getenv("SALLYPORT_TEST_PLUGIN_RAN") == nullptr);
  }
}

TEST_CASE("Conformance 1: another machine, a damaged or no library") {
  PluginFile file("simple");
  TestHost host;
  std::string bytes = ReadFile(file.path());
  bytes[18] = '\x15';
  file.Write(bytes);
  CHECK(host.OpenFile("x", file.path()) == nullptr);
  CHECK_THAT(host.Errors(), ContainsSubstring("plugins[0].path: " + file.path() + ": built for ppc64"));
  file.Write("key: value\n");
  CHECK(host.OpenFile("x", file.path()) == nullptr);
  CHECK_THAT(host.Errors(), ContainsSubstring("the file is text"));
  file.Write(ReadFile(PluginPath("simple")).substr(0, 5000));
  CHECK(host.OpenFile("x", file.path()) == nullptr);
  CHECK_THAT(host.Errors(), ContainsSubstring("the file is cut short"));
  CHECK(host.OpenFile("x", file.path() + ".none") == nullptr);
  CHECK_THAT(host.Errors(), ContainsSubstring("there is no such file"));
}

TEST_CASE("What shows only in memory is refused as well") {
  struct Row {
    std::string plugin, error;
  };
  const Row rows[] = {
      {"init_fails", "init failed (status -1)"},
      {"same_names", "names that clash: two filters are called \"simple\""},
      {"strange_schema", "the schema of filter \"simple\" can't be used: schema: /: keyword \"patternProperties\""},
      {"misnamed_schema", "has a schema for a filter \"smiple\", which it does not offer"},
      {"misnamed_filter", "has a record for a filter \"smiple\", which it does not offer"},
      {"route_schema_alone", "filter \"simple\" has a route schema, but no route_create"},
      {"unknown_filter_flags", "filter \"simple\" has flags that this host does not know: 0x40"},
      {"bad_align", "has an instance_align that is no power of two"},
      {"tiny", "a filter's table has a size of 40 bytes, which no version had"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.plugin);
    TestHost host;
    unsetenv("SALLYPORT_TEST_PLUGIN_DEINIT");
    CHECK(host.Open(row.plugin) == nullptr);
    CHECK_THAT(host.Errors(), ContainsSubstring(row.error));
    CHECK(host.plugins->counts().serving == 0);
    CHECK(host.plugins->counts().left_mapped == 1);  // it does not say that it may be unmapped
    CHECK(std::getenv("SALLYPORT_TEST_PLUGIN_DEINIT") == nullptr);
  }
}

TEST_CASE("Conformance 2: plugins with smaller and with larger tables work") {
  TestHost host;
  const auto older = host.Open("older");
  REQUIRE(older != nullptr);
  const sp_http_filter& small = older->filters().front().table;
  CHECK(small.size == sizeof(sp_http_filter));
  CHECK(small.config_create != nullptr);
  CHECK(small.on_request_head != nullptr);
  CHECK(small.on_request_body == nullptr);  // its table ends in the middle of this member
  CHECK(small.destroy == nullptr);
  const auto newer = host.Open("newer");
  REQUIRE(newer != nullptr);
  const sp_http_filter& large = newer->filters().front().table;
  CHECK(large.size == sizeof(sp_http_filter));
  CHECK(large.on_request_body != nullptr);
  CHECK(large.destroy != nullptr);
  for (const auto& library : {older, newer}) CHECK(host.Create(library, "{}") != nullptr);
  CHECK(host.Errors().empty());
}

TEST_CASE("Standard plugins are found by name; a misspelt one is suggested") {
  TestHost host;
  const auto stamp = host.Open("stamp");
  REQUIRE(stamp != nullptr);
  CHECK(stamp->filters().size() == 1);
  CHECK(stamp->filters()[0].guard());
  CHECK(stamp->FindFilter("") == stamp->FindFilter("stamp"));
  CHECK(stamp->FindFilter("other") == nullptr);
  CHECK(host.Open("two_filters")->FindFilter("") == nullptr);
  CHECK(host.Open("stmap") == nullptr);
  CHECK(host.Errors() == "plugins[0]: there is no plugin \"stmap\" (did you mean \"stamp\"?)\n");
  for (const char* name : {"../plugins/stamp", "", ".", "a b"}) {
    CHECK(host.Open(name) == nullptr);
    CHECK_THAT(host.Errors(), ContainsSubstring("there is no plugin"));
  }
}

TEST_CASE("A file that did not change is the same library, whatever its path and name") {
  TestHost host;
  const auto first = host.Open("stamp");
  CHECK(host.Open("stamp") == first);
  CHECK(host.OpenFile("another", PluginPath("stamp")) == first);
  PluginFile copy("stamp");
  CHECK(host.OpenFile("third", copy.path()) == first);
  CHECK(host.plugins->counts().opened == 1);
  CHECK(host.log.Count("init") == 1);
}

TEST_CASE("A changed file is a new generation beside the old, which is unmapped after its last user") {
  TestHost host;
  PluginFile file("stamp");
  auto first = host.OpenFile("swapped", file.path());
  REQUIRE(first != nullptr);
  CHECK(first->copy_path() != file.path());
  file.Replace("stamp_changed");
  auto second = host.OpenFile("swapped", file.path());
  REQUIRE(second != nullptr);
  CHECK(first != second);
  CHECK(second->generation() == first->generation() + 1);
  CHECK(first->manifest().version == "1.0.0");
  CHECK(second->manifest().version == "1.0.1");
  CHECK(first->filters()[0].table.on_request_head != second->filters()[0].table.on_request_head);
  CHECK(Mapped(first->copy_path()));
  CHECK(host.plugins->counts().serving == 2);
  CHECK(host.plugins->List().size() == 2);
  CHECK(host.plugins->List()[1].current);
  CHECK_FALSE(host.plugins->List()[0].current);

  const std::string copy = first->copy_path();
  CHECK(host.log.Count("deinit") == 0);
  first.reset();
  CHECK(host.log.Count("deinit") == 1);
  CHECK(host.plugins->counts().unmapped == 1);
  CHECK_FALSE(Mapped(copy));
  CHECK_FALSE(std::filesystem::exists(copy));

  second.reset();
  CHECK(host.plugins->counts().serving == 1);  // the newest of a name is kept for the next try
  host.plugins->Sweep();
  CHECK(host.plugins->counts().serving == 0);
  CHECK(host.plugins->List().empty());
}

TEST_CASE("Two hundred generations are mapped and unmapped again") {
  TestHost host;
  PluginFile file("stamp");
  for (int i = 0; i < 100; ++i) {
    for (const char* plugin : {"stamp", "stamp_changed"}) {
      file.Replace(plugin);
      const auto library = host.OpenFile("swapped", file.path());
      REQUIRE(library != nullptr);
      const auto config = host.Create(library, R"({"name":"x-a","value":"b"})");
      REQUIRE(config != nullptr);
    }
  }
  CHECK(host.plugins->counts().opened == 200);
  CHECK(host.plugins->counts().unmapped == 199);
  CHECK(host.plugins->counts().left_mapped == 0);
}

TEST_CASE("Without its word, or with a GNU_UNIQUE symbol, a library stays mapped and is counted") {
  TestHost host;
  for (const char* plugin : {"stays", "unique"}) {
    auto library = host.Open(plugin);
    REQUIRE(library != nullptr);
    const std::string copy = library->copy_path();
    library.reset();
    host.plugins->Sweep();
    CHECK(Mapped(copy));
    CHECK(std::filesystem::exists(copy));  // for backtraces
  }
  CHECK(host.plugins->counts().left_mapped == 2);
  CHECK(host.plugins->counts().serving == 0);
  CHECK(host.log.Count("deinit") == 1);
}

TEST_CASE("A resident plugin is not replaced while the process lives") {
  TestHost host;
  PluginFile file("resident");
  auto first = host.OpenFile("swapped", file.path());
  REQUIRE(first != nullptr);
  const uint32_t generation = first->generation();
  file.Replace("resident_changed");
  CHECK(host.OpenFile("swapped", file.path()) == nullptr);
  CHECK_THAT(host.Errors(), ContainsSubstring("restart to use the new file"));
  first.reset();
  host.plugins->Sweep();
  CHECK(host.OpenFile("swapped", file.path()) == nullptr);
  host.Errors();
  file.Replace("resident");
  CHECK(host.OpenFile("swapped", file.path())->generation() == generation);
  CHECK(host.log.Count("deinit") == 0);
}

TEST_CASE("A failed change leaves the old library as it was") {
  TestHost host;
  PluginFile file("stamp");
  const auto first = host.OpenFile("swapped", file.path());
  const auto config = host.Create(first, R"({"name":"x-a","value":"b"})");
  file.Replace("init_fails");
  CHECK(host.OpenFile("swapped", file.path()) == nullptr);
  file.Replace("stamp");
  CHECK(host.OpenFile("swapped", file.path()) == first);
  CHECK(host.log.Count("init") == 1);
  CHECK(host.log.Count("deinit") == 0);
}

TEST_CASE("The last reference may be dropped on any thread; the end is on the config thread") {
  TestHost host;
  auto library = host.Open("stamp");
  auto config = host.Create(library, R"({"name":"x-a","value":"b"})");
  library.reset();
  host.plugins->Sweep();
  std::thread([config = std::move(config)]() mutable { config.reset(); }).join();
  CHECK(host.log.Count("destroy") == 0);
  CHECK(host.plugins->Release() == 1);
  CHECK(host.log.Count("destroy") == 1);
  host.plugins->Sweep();
  CHECK(host.log.Count("deinit") == 1);
}

TEST_CASE("Copies lie in a directory of this process, and those of dead processes are removed") {
  std::string parent = std::string(SALLYPORT_BINARY_DIR) + "/test/copiesXXXXXX";
  REQUIRE(mkdtemp(parent.data()) != nullptr);
  const std::string stale = parent + "/sallyport-plugins-stale";
  std::filesystem::create_directory(stale);
  std::ofstream(stale + "/lock").put('x');
  std::filesystem::create_directory(parent + "/not-ours");
  {
    PluginsOptions options;
    options.copy_directory = parent;
    sp_host services{};
    FillServices(&services);
    options.host = &services;
    Plugins plugins(options);
    FieldErrors errors;
    const auto library = plugins.Open("x", PluginPath("stamp"), FieldPath(""), &errors);
    REQUIRE(library != nullptr);
    CHECK(library->copy_path().starts_with(parent + "/sallyport-plugins-"));
    CHECK_FALSE(std::filesystem::exists(stale));
    CHECK(std::filesystem::exists(parent + "/not-ours"));

    Plugins second(options);
    REQUIRE(second.Open("x", PluginPath("stamp"), FieldPath(""), &errors) != nullptr);
    CHECK(std::filesystem::exists(library->copy_path()));  // of a process that lives
  }
  CHECK(std::distance(std::filesystem::directory_iterator(parent), {}) == 1);
  std::filesystem::remove_all(parent);
  PluginsOptions options;
  options.copy_directory = parent + "/nowhere";
  Plugins plugins(options);
  FieldErrors errors;
  CHECK(plugins.Open("x", PluginPath("stamp"), FieldPath(""), &errors) == nullptr);
  CHECK_THAT(errors.at(0).message, ContainsSubstring("set TMPDIR"));
}

}  // namespace
}  // namespace sp::plugin_host
