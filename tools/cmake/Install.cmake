# What `cmake --install` puts where:
#   bin/sallyport                       the gateway and its command line
#   lib/libsallyport_*.so               messages, control plane, test host
#   lib/sallyport/plugins/*.so          the standard filters
#   include/sallyport/                  the plugin ABI (C) and the C++ SDK
#   lib/cmake/sallyport/                find_package(sallyport): sallyport::plugin, ::sdk, ::test_host,
#                                       sallyport_add_plugin()
#   lib/pkgconfig/sallyport.pc          the same for those without CMake
#   share/sallyport/                    templates, licence
# `lib` is literal, never a multiarch folder: the binary looks for its plugins at ../lib/sallyport/plugins.

include(CMakePackageConfigHelpers)

get_property(programs GLOBAL PROPERTY SP_PROGRAMS)
get_property(plugins GLOBAL PROPERTY SP_PLUGINS)
if(programs)
  install(TARGETS ${programs} RUNTIME DESTINATION bin)
endif()
foreach(library sallyport_api sallyport_grpc)
  if(TARGET ${library})
    install(TARGETS ${library} LIBRARY DESTINATION lib)
  endif()
endforeach()
if(plugins)
  install(TARGETS ${plugins} LIBRARY DESTINATION lib/sallyport/plugins)
endif()

install(DIRECTORY ${PROJECT_SOURCE_DIR}/api/plugin/sallyport DESTINATION include FILES_MATCHING PATTERN *.h)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/plugins/sdk/cpp/sallyport DESTINATION include
  FILES_MATCHING PATTERN *.h PATTERN *.hpp)
if(EXISTS ${PROJECT_SOURCE_DIR}/plugins/template)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/plugins/template DESTINATION share/sallyport)
endif()
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION share/sallyport)

set_target_properties(sallyport_plugin PROPERTIES EXPORT_NAME plugin)
set_target_properties(sallyport_sdk PROPERTIES EXPORT_NAME sdk)
install(TARGETS sallyport_plugin sallyport_sdk EXPORT sallyportTargets)
if(TARGET sallyport_test_host)
  set_target_properties(sallyport_test_host PROPERTIES EXPORT_NAME test_host)
  install(TARGETS sallyport_test_host EXPORT sallyportTargets LIBRARY DESTINATION lib)
endif()
install(EXPORT sallyportTargets NAMESPACE sallyport:: DESTINATION lib/cmake/sallyport)

file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/install/sallyportConfig.cmake @ONLY CONTENT
[[# find_package(sallyport): targets sallyport::plugin (the C ABI), sallyport::sdk (C++), sallyport::test_host; function
# sallyport_add_plugin(); SALLYPORT_EXECUTABLE, SALLYPORT_STANDARD_PLUGIN_DIR.
include(${CMAKE_CURRENT_LIST_DIR}/sallyportTargets.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/SallyportPlugin.cmake)
get_filename_component(_sallyport_prefix ${CMAKE_CURRENT_LIST_DIR}/../../.. ABSOLUTE)
set(SALLYPORT_EXECUTABLE ${_sallyport_prefix}/bin/sallyport)
set(SALLYPORT_STANDARD_PLUGIN_DIR ${_sallyport_prefix}/lib/sallyport/plugins)
unset(_sallyport_prefix)
]])
write_basic_package_version_file(${PROJECT_BINARY_DIR}/install/sallyportConfigVersion.cmake
  COMPATIBILITY SameMajorVersion)
file(GLOB plugin_modules CONFIGURE_DEPENDS
  ${PROJECT_SOURCE_DIR}/tools/cmake/SallyportPlugin.cmake ${PROJECT_SOURCE_DIR}/tools/cmake/EmbedSchema*.cmake)
install(FILES
  ${PROJECT_BINARY_DIR}/install/sallyportConfig.cmake ${PROJECT_BINARY_DIR}/install/sallyportConfigVersion.cmake
  ${plugin_modules}
  DESTINATION lib/cmake/sallyport)

file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/install/sallyport.pc @ONLY CONTENT
[[prefix=${pcfiledir}/../..
includedir=${prefix}/include
plugindir=${prefix}/lib/sallyport/plugins

Name: sallyport
Description: Plugins for the Sallyport gateway: C ABI and C++ SDK (headers only)
Version: @PROJECT_VERSION@
Cflags: -I${includedir}
]])
install(FILES ${PROJECT_BINARY_DIR}/install/sallyport.pc DESTINATION lib/pkgconfig)
