# sallyport_add_plugin(NAME n SOURCES s… [SCHEMA f] [ROUTE_SCHEMA f] [LIBRARIES l…] [C_ONLY])
#
# Makes the plugin lib<n>.so as target <n>. Used for the standard filters, and the same by find_package(sallyport).
#   SCHEMA        JSON Schema of the plugin's configuration; the host checks a configuration with it
#   ROUTE_SCHEMA  the same for a route's part; without it a route may not configure the plugin
#   LIBRARIES     what else to link; prefer static libraries
#   C_ONLY        link the C ABI only, not the C++ SDK
#
# The shared object exports `sallyport_plugin_entry` and nothing else, leaves no symbol undefined, and carries no
# GNU_UNIQUE symbol: those keep a library mapped for ever, so a new version could never replace it.

include_guard(GLOBAL)

function(sallyport_add_plugin)
  cmake_parse_arguments(PARSE_ARGV 0 arg "C_ONLY" "NAME;SCHEMA;ROUTE_SCHEMA" "SOURCES;LIBRARIES")
  if(NOT arg_NAME OR NOT arg_SOURCES OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "sallyport_add_plugin needs NAME and SOURCES; not understood: ${arg_UNPARSED_ARGUMENTS}")
  endif()

  add_library(${arg_NAME}_objects OBJECT ${arg_SOURCES})
  set_target_properties(${arg_NAME}_objects PROPERTIES
    POSITION_INDEPENDENT_CODE ON
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_compile_features(${arg_NAME}_objects PUBLIC cxx_std_20)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${arg_NAME}_objects PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fno-gnu-unique>)
  endif()
  if(arg_C_ONLY)
    target_link_libraries(${arg_NAME}_objects PUBLIC sallyport::plugin ${arg_LIBRARIES})
  else()
    target_link_libraries(${arg_NAME}_objects PUBLIC sallyport::sdk ${arg_LIBRARIES})
  endif()
  # A plugin has the name that its sources are built for; the SDK's entry macro may use it.
  target_compile_definitions(${arg_NAME}_objects PRIVATE SALLYPORT_PLUGIN_NAME="${arg_NAME}")
  _sallyport_embed_schemas(${arg_NAME} "${arg_SCHEMA}" "${arg_ROUTE_SCHEMA}")

  set(exports ${CMAKE_CURRENT_BINARY_DIR}/${arg_NAME}.exports)
  file(CONFIGURE OUTPUT ${exports} CONTENT "{ global: sallyport_plugin_entry; local: *; };\n")
  add_library(${arg_NAME} MODULE $<TARGET_OBJECTS:${arg_NAME}_objects>)
  target_link_libraries(${arg_NAME} PRIVATE ${arg_NAME}_objects)
  set_target_properties(${arg_NAME} PROPERTIES PREFIX lib OUTPUT_NAME ${arg_NAME} LINKER_LANGUAGE CXX
    LINK_DEPENDS ${exports})
  target_link_options(${arg_NAME} PRIVATE -Wl,--version-script=${exports} -Wl,-z,now)
  if(NOT SALLYPORT_SANITIZE)  # a sanitizer's symbols are the executable's
    target_link_options(${arg_NAME} PRIVATE -Wl,-z,defs)
  endif()
  if(DEFINED SALLYPORT_PLUGIN_DIR)
    set_target_properties(${arg_NAME} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${SALLYPORT_PLUGIN_DIR})
  endif()
endfunction()

# Hands the schemas to the sources: as files to include, by the definitions SALLYPORT_SCHEMA_FILE and
# SALLYPORT_ROUTE_SCHEMA_FILE (string literals of absolute paths; absent if there is no such schema).
function(_sallyport_embed_schemas name schema route_schema)
  if(schema)
    get_filename_component(schema ${schema} ABSOLUTE)
    target_compile_definitions(${name}_objects PRIVATE SALLYPORT_SCHEMA_FILE="${schema}")
    set_property(SOURCE ${schema} PROPERTY HEADER_FILE_ONLY ON)
    set_property(TARGET ${name}_objects APPEND PROPERTY SALLYPORT_SCHEMAS ${schema})
  endif()
  if(route_schema)
    get_filename_component(route_schema ${route_schema} ABSOLUTE)
    target_compile_definitions(${name}_objects PRIVATE SALLYPORT_ROUTE_SCHEMA_FILE="${route_schema}")
    set_property(TARGET ${name}_objects APPEND PROPERTY SALLYPORT_SCHEMAS ${route_schema})
  endif()
endfunction()
