# Each gateway/redis/scripts/NAME.lua becomes the constant tapline::kScriptName in
# generated/redis_scripts.h, so that the script that ships is the file that is reviewed.
file(GLOB LUA_SCRIPTS CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/gateway/redis/scripts/*.lua)
set(SCRIPTS_HEADER ${CMAKE_BINARY_DIR}/generated/redis_scripts.h)
add_custom_command(
  OUTPUT ${SCRIPTS_HEADER}
  COMMAND ${CMAKE_COMMAND} -DOUT=${SCRIPTS_HEADER} "-DSCRIPTS=${LUA_SCRIPTS}"
          -P ${CMAKE_SOURCE_DIR}/cmake/embed_scripts.cmake
  DEPENDS ${LUA_SCRIPTS} ${CMAKE_SOURCE_DIR}/cmake/embed_scripts.cmake
  VERBATIM)
add_custom_target(redis_scripts DEPENDS ${SCRIPTS_HEADER})
