# What `cmake --install` leaves: the tool, the library with its headers and CMake package, and the shipped files.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/Cairn")

install(TARGETS cairn EXPORT CairnTargets LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(FILES "${PROJECT_BINARY_DIR}/sentencepiece/libsentencepiece.so.0" DESTINATION "${CMAKE_INSTALL_LIBDIR}/cairn")
install(TARGETS cairn_program RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/cairn" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
  FILES_MATCHING PATTERN "*.h" PATTERN "*-inl.h" EXCLUDE)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/recipes" "${PROJECT_SOURCE_DIR}/shipped"
  DESTINATION "${CMAKE_INSTALL_DATADIR}/cairn" PATTERN "*.py" EXCLUDE)
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")

install(DIRECTORY "${PROJECT_SOURCE_DIR}/bench" DESTINATION "${CMAKE_INSTALL_DATADIR}/cairn")

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/CairnConfig.cmake.in" "${PROJECT_BINARY_DIR}/CairnConfig.cmake"
  INSTALL_DESTINATION "${package_folder}" NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/CairnConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(EXPORT CairnTargets NAMESPACE Cairn:: DESTINATION "${package_folder}")
install(FILES "${PROJECT_BINARY_DIR}/CairnConfig.cmake" "${PROJECT_BINARY_DIR}/CairnConfigVersion.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/FindLibTorch.cmake" DESTINATION "${package_folder}")
