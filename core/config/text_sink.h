// YamlSink, JsonSink: text from a walk over a tree, in the order of the walk. Inside config only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sp::config {

class TextSink {
 public:
  virtual void BeginMapping(bool empty) = 0;
  virtual void EndMapping(bool empty) = 0;
  virtual void BeginList(bool empty) = 0;
  virtual void EndList(bool empty) = 0;
  virtual void Key(std::string_view key) = 0;
  virtual void Text(std::string_view text) = 0;
  // A number, true, false, null.
  virtual void Literal(std::string_view text) = 0;

 protected:
  ~TextSink() = default;
};

class YamlSink final : public TextSink {
 public:
  void BeginMapping(bool empty) override { Begin(false, empty); }
  void EndMapping(bool empty) override { End(empty); }
  void BeginList(bool empty) override { Begin(true, empty); }
  void EndList(bool empty) override { End(empty); }
  void Key(std::string_view key) override;
  void Text(std::string_view text) override;
  void Literal(std::string_view text) override;
  std::string Take();

 private:
  struct Open {
    bool list;
    bool beside;  // its first key stands beside the `-` of a list
    size_t indent;
  };
  void Begin(bool list, bool empty);
  void End(bool empty);
  // What stands before a value: of a list's element its `-`.
  void Lead();
  void NewLine(size_t indent);

  std::string out_;
  std::vector<Open> open_;
  bool after_dash_ = false;
};

class JsonSink final : public TextSink {
 public:
  void BeginMapping(bool) override { Begin('{'); }
  void EndMapping(bool empty) override { End('}', empty); }
  void BeginList(bool) override { Begin('['); }
  void EndList(bool empty) override { End(']', empty); }
  void Key(std::string_view key) override;
  void Text(std::string_view text) override;
  void Literal(std::string_view text) override;
  std::string Take();

 private:
  void Begin(char bracket);
  void End(char bracket, bool empty);
  void Lead();

  std::string out_;
  size_t depth_ = 0;
  bool first_ = true;  // in the container that is open
  bool after_key_ = false;
};

// In double quotes, escaped as JSON does; YAML reads it as well.
std::string QuotedText(std::string_view text);

}  // namespace sp::config
