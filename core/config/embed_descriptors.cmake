# Writes the bytes of IN as the definition of sp::config::EmbeddedDescriptors (core/config/descriptors.h) to OUT.
file(READ ${IN} hex HEX)
string(LENGTH "${hex}" size)
math(EXPR size "${size} / 2")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
string(REGEX REPLACE "(................................................................................)" "\\1\n" bytes
       "${bytes}")
file(WRITE ${OUT} "#include \"core/config/descriptors.h\"

namespace sp::config {
namespace {
const unsigned char kBytes[] = {
${bytes}};
}  // namespace

std::string_view EmbeddedDescriptors() { return {reinterpret_cast<const char*>(kBytes), ${size}}; }

}  // namespace sp::config
")
