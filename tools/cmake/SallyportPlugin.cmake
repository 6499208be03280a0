# sallyport_add_plugin(NAME n SOURCES s… [SCHEMA f] [ROUTE_SCHEMA f] [FILTER n] [LIBRARIES l…] [C_ONLY])
#
# Makes the plugin lib<n>.so as target <n>. Used for the standard filters, and the same by find_package(sallyport).
#   SCHEMA        JSON Schema of the plugin's configuration; the host checks a configuration with it
#   ROUTE_SCHEMA  the same for a route's part; without it a route may not configure the plugin
#   FILTER        the filter that the schemas are of, where it does not have the plugin's name
#   LIBRARIES     what else to link; prefer static libraries
#   C_ONLY        link the C ABI only, not the C++ SDK
#
# The shared object exports `sallyport_plugin_entry` and nothing else, leaves no symbol undefined, and carries no
# GNU_UNIQUE symbol: those keep a library mapped for ever, so a new version could never replace it.

include_guard(GLOBAL)

function(sallyport_add_plugin)
  cmake_parse_arguments(PARSE_ARGV 0 arg "C_ONLY" "NAME;SCHEMA;ROUTE_SCHEMA;FILTER" "SOURCES;LIBRARIES")
  if(NOT arg_NAME OR NOT arg_SOURCES OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "sallyport_add_plugin needs NAME and SOURCES; not understood: ${arg_UNPARSED_ARGUMENTS}")
  endif()

  add_library(${arg_NAME}_objects OBJECT ${arg_SOURCES})
  set_target_properties(${arg_NAME}_objects PROPERTIES
    POSITION_INDEPENDENT_CODE ON
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  # A plugin in C needs no C++ library, and a project in C no C++ compiler.
  set(language C)
  if(NOT arg_C_ONLY OR arg_SOURCES MATCHES "\\.(cc|cpp|cxx)(;|$)")
    set(language CXX)
    target_compile_features(${arg_NAME}_objects PUBLIC cxx_std_20)
  endif()
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
  if(NOT arg_FILTER)
    set(arg_FILTER ${arg_NAME})
  endif()
  _sallyport_embed_schemas(${arg_NAME} ${arg_FILTER} "${arg_SCHEMA}" "${arg_ROUTE_SCHEMA}")

  set(exports ${CMAKE_CURRENT_BINARY_DIR}/${arg_NAME}.exports)
  file(CONFIGURE OUTPUT ${exports} CONTENT "{ global: sallyport_plugin_entry; local: *; };\n")
  add_library(${arg_NAME} MODULE $<TARGET_OBJECTS:${arg_NAME}_objects>)
  target_link_libraries(${arg_NAME} PRIVATE ${arg_NAME}_objects)
  set_target_properties(${arg_NAME} PROPERTIES PREFIX lib OUTPUT_NAME ${arg_NAME} LINKER_LANGUAGE ${language}
    LINK_DEPENDS ${exports})
  target_link_options(${arg_NAME} PRIVATE -Wl,--version-script=${exports} -Wl,-z,now)
  if(NOT SALLYPORT_SANITIZE)  # a sanitizer's symbols are the executable's
    target_link_options(${arg_NAME} PRIVATE -Wl,-z,defs)
  endif()
  if(DEFINED SALLYPORT_PLUGIN_DIR)
    set_target_properties(${arg_NAME} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${SALLYPORT_PLUGIN_DIR})
  endif()
endfunction()

# The schemas become records in the shared object: one more source file, made from them whenever they change. C++ where
# that is enabled, since a project may have no C.
function(_sallyport_embed_schemas name filter schema route_schema)
  if(NOT schema AND NOT route_schema)
    return()
  endif()
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  set(extension c)
  if("CXX" IN_LIST languages)
    set(extension cc)
  endif()
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${name}_schemas.${extension})
  set(definitions -DOUTPUT=${output} -DFILTER=${filter})
  set(inputs)
  foreach(pair SCHEMA=${schema} ROUTE_SCHEMA=${route_schema})
    string(REGEX MATCH "^([A-Z_]+)=(.*)$" matched "${pair}")
    if(CMAKE_MATCH_2)
      get_filename_component(file ${CMAKE_MATCH_2} ABSOLUTE)
      list(APPEND definitions -D${CMAKE_MATCH_1}=${file})
      list(APPEND inputs ${file})
    endif()
  endforeach()
  set(script ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/EmbedSchemas.cmake)
  add_custom_command(OUTPUT ${output} COMMAND ${CMAKE_COMMAND} ${definitions} -P ${script}
    DEPENDS ${inputs} ${script} COMMENT "Schemas of plugin ${name}" VERBATIM)
  target_sources(${name}_objects PRIVATE ${output})
endfunction()
