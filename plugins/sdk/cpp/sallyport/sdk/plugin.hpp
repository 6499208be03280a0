// SALLYPORT_PLUGIN("gate", "1.0.0", Gate): the entry of a plugin, once, in one source file, at namespace scope.
#pragma once

#include <sallyport/sdk/filter.hpp>

namespace sallyport::detail {

// Tables of all filters of the plugin. A filter without a kName has the plugin's name.
template <typename... Fs>
constexpr std::array<sp_http_filter, sizeof...(Fs)> make_tables(std::string_view plugin) {
  return {FilterTable<Fs>::make(plugin)...};
}
template <size_t N>
constexpr std::array<sp_extension, N> make_extensions(const std::array<sp_http_filter, N>& tables) {
  std::array<sp_extension, N> extensions{};
  for (size_t i = 0; i < N; ++i) extensions[i] = sp_extension{SP_HTTP_FILTER_V1, &tables[i]};
  return extensions;
}

// The records of section .sallyport that say which filters there are: one per filter, without a pointer.
inline constexpr size_t kRecordText = 88;  // id, name and their two zeros: a name has at most 62 bytes
struct ExtensionRecord {
  sp_record head;
  char text[kRecordText];
};
static_assert(sizeof(ExtensionRecord) == sizeof(sp_record) + kRecordText);
constexpr ExtensionRecord make_record(const sp_http_filter& filter) {
  ExtensionRecord r{};
  r.head = {SP_RECORD_MAGIC, SP_RECORD_EXTENSION, sizeof(ExtensionRecord), SP_ABI_MAJOR, SP_PLUGIN_NEEDS_MINOR, 0};
  const sp_str id = SP_HTTP_FILTER_V1;
  if (id.len + filter.name.len + 2 > kRecordText) throw "the filter's name is too long";  // while compiling
  size_t at = 0;
  for (uint64_t i = 0; i < id.len; ++i) r.text[at++] = id.ptr[i];
  r.text[at++] = '\0';
  for (uint64_t i = 0; i < filter.name.len; ++i) r.text[at++] = filter.name.ptr[i];
  return r;
}
template <size_t N>
constexpr std::array<ExtensionRecord, N> make_records(const std::array<sp_http_filter, N>& tables) {
  std::array<ExtensionRecord, N> records{};
  for (size_t i = 0; i < N; ++i) records[i] = make_record(tables[i]);
  return records;
}

}  // namespace sallyport::detail

// With flags of the entry: SP_PLUGIN_UNLOADABLE for a plugin that leaves no thread-local object or thread behind.
#define SALLYPORT_PLUGIN_WITH(flags_, name_, version_, ...)                                              \
  SP_RECORD(SP_RECORD_IDENTITY, (flags_), name_ "\0" version_);                                          \
  static constexpr auto sallyport_tables_ = ::sallyport::detail::make_tables<__VA_ARGS__>(name_);        \
  static constexpr auto sallyport_extensions_ = ::sallyport::detail::make_extensions(sallyport_tables_); \
  __attribute__((section(".sallyport"), used, aligned(8))) static constexpr auto sallyport_records_ =    \
      ::sallyport::detail::make_records(sallyport_tables_);                                              \
  extern "C" SP_EXPORT const sp_plugin_entry sallyport_plugin_entry = {                                  \
      SP_ENTRY_MAGIC,                                                                                    \
      sizeof(sp_plugin_entry),                                                                           \
      SP_ABI_MAJOR,                                                                                      \
      SP_PLUGIN_NEEDS_MINOR,                                                                             \
      (flags_),                                                                                          \
      static_cast<uint32_t>(sallyport_extensions_.size()),                                               \
      SP_LIT(name_),                                                                                     \
      SP_LIT(version_),                                                                                  \
      sallyport_extensions_.data(),                                                                      \
      nullptr,                                                                                           \
      nullptr}
#define SALLYPORT_PLUGIN(name_, version_, ...) SALLYPORT_PLUGIN_WITH(0u, name_, version_, __VA_ARGS__)
