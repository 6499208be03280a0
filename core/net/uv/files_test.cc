#include "core/net/uv/files.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "test/support/catch.h"

namespace sp::uv {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

class Folder {
 public:
  Folder() {
    char name[] = "/tmp/sallyport-files-XXXXXX";
    path_ = mkdtemp(name);
  }
  ~Folder() { fs::remove_all(path_); }
  fs::path operator/(std::string_view name) const { return path_ / name; }

 private:
  fs::path path_;
};

void Put(const fs::path& path, std::string_view text) { std::ofstream(path) << text; }

struct Fixture {
  Folder folder;
  SystemClock clock;
  Loop loop{clock};
  int changes = 0;
  FileWatcher Watch(const fs::path& path) {
    return FileWatcher(loop, path.string(), [this] { ++changes; });
  }
  bool Changed(int times) {
    return loop.RunUntil([&] { return changes == times; }, 5s);
  }
  // Longer than a change takes to be told.
  bool StaysAt(int times) {
    return !loop.RunUntil([&] { return changes != times; }, 300ms);
  }
};

TEST_CASE("written in place, replaced, removed and back: each is one notice") {
  Fixture f;
  const fs::path file = f.folder / "gateway.yaml";
  Put(file, "one");
  const FileWatcher watcher = f.Watch(file);
  CHECK(f.StaysAt(0));
  Put(file, "two, longer");
  REQUIRE(f.Changed(1));
  Put(f.folder / "new", "three");
  fs::rename(f.folder / "new", file);
  REQUIRE(f.Changed(2));
  Put(f.folder / "newer", "four ");
  fs::rename(f.folder / "newer", file);
  REQUIRE(f.Changed(3));
  fs::remove(file);
  REQUIRE(f.Changed(4));
  Put(file, "five");
  REQUIRE(f.Changed(5));
  CHECK(f.StaysAt(5));
}

TEST_CASE("a file that isn't there yet; neighbours don't matter") {
  Fixture f;
  const FileWatcher watcher = f.Watch(f.folder / "gateway.yaml");
  Put(f.folder / "other", "x");
  CHECK(f.StaysAt(0));
  Put(f.folder / "gateway.yaml", "x");
  REQUIRE(f.Changed(1));
}

TEST_CASE("many writes in a row are one notice") {
  Fixture f;
  const fs::path file = f.folder / "gateway.yaml";
  Put(file, "");
  const FileWatcher watcher = f.Watch(file);
  std::ofstream out(file);
  int written = 0;
  f.loop.RunUntil(
      [&] {
        out << "line" << std::endl;
        f.loop.reactor().Post([] {});
        return ++written == 200;
      },
      5s);
  out.close();
  REQUIRE(f.Changed(1));
  CHECK(f.StaysAt(1));
}

TEST_CASE("a symbolic link swapped on the way, as Kubernetes does it") {
  Fixture f;
  fs::create_directory(f.folder / "..1");
  fs::create_directory(f.folder / "..2");
  Put(f.folder / "..1" / "gateway.yaml", "one");
  Put(f.folder / "..2" / "gateway.yaml", "two");
  fs::create_symlink("..1", f.folder / "..data");
  fs::create_symlink("..data/gateway.yaml", f.folder / "gateway.yaml");
  const FileWatcher watcher = f.Watch(f.folder / "gateway.yaml");
  fs::create_symlink("..2", f.folder / "..tmp");
  fs::rename(f.folder / "..tmp", f.folder / "..data");
  REQUIRE(f.Changed(1));
  // And what it leads to now, in place.
  Put(f.folder / "..2" / "gateway.yaml", "two and more");
  REQUIRE(f.Changed(2));
}

TEST_CASE("a folder that comes later is seen by looking") {
  Fixture f;
  const FileWatcher watcher = f.Watch(f.folder / "later" / "gateway.yaml");
  fs::create_directory(f.folder / "later");
  Put(f.folder / "later" / "gateway.yaml", "x");
  REQUIRE(f.Changed(1));
}

}  // namespace
}  // namespace sp::uv
