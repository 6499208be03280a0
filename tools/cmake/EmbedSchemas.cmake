# Writes the schemas of a plugin as records of section `.sallyport` (sallyport/plugin.h), in C that is C++ too, so that
# a host can read them from the file without running anything. Run by sallyport_add_plugin's build rule:
#
#   cmake -DOUTPUT=f.c -DFILTER=name [-DSCHEMA=config.schema.json] [-DROUTE_SCHEMA=route.schema.json] -P EmbedSchemas.cmake

# Adds the bytes of `text NUL` to the list `bytes`, and their number to `count`.
macro(append_bytes hex)
  string(LENGTH "${hex}" digits)
  math(EXPR count "${count} + ${digits} / 2 + 1")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," list "${hex}00")
  string(APPEND bytes "${list}\n")
endmacro()

function(append_record kind file)
  file(READ ${file} json HEX)
  # The host reads text up to the first zero; a JSON text has none.
  if(json STREQUAL "")
    message(FATAL_ERROR "${file} is empty")
  endif()
  string(HEX "${FILTER}" name)
  set(bytes)
  set(count 0)
  append_bytes("${name}")
  append_bytes("${json}")
  math(EXPR padded "(${count} + 7) / 8 * 8")
  string(TOLOWER ${kind} variable)
  string(APPEND records "
__attribute__((section(\".sallyport\"), used, aligned(8))) static const struct {
  sp_record head;
  unsigned char text[${padded}];
} ${variable} = {{SP_RECORD_MAGIC, ${kind}, sizeof(sp_record) + ${padded}, SP_ABI_MAJOR, SP_PLUGIN_NEEDS_MINOR, 0}, {
${bytes}}};
")
  set(records "${records}" PARENT_SCOPE)
endfunction()

set(records "/* Made from the plugin's schemas. */\n#include <sallyport/plugin.h>\n")
if(SCHEMA)
  append_record(SP_RECORD_SCHEMA ${SCHEMA})
endif()
if(ROUTE_SCHEMA)
  append_record(SP_RECORD_ROUTE_SCHEMA ${ROUTE_SCHEMA})
endif()
# Whole or not at all, whoever else builds here.
string(RANDOM LENGTH 8 suffix)
file(WRITE ${OUTPUT}.${suffix} "${records}")
file(RENAME ${OUTPUT}.${suffix} ${OUTPUT})
