# Checks of the build itself.

get_property(named GLOBAL PROPERTY SP_MODULES_NAMED)
list(REMOVE_DUPLICATES named)
foreach(module IN LISTS named)
  if(NOT TARGET ${module})
    message(WARNING "A module depends on ${module}, which no folder defines.")
  endif()
endforeach()
