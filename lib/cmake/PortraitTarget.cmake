# The settings of all of portrait's own targets. Linked privately, so that warnings don't apply to users' targets.

add_library(portrait_build_settings INTERFACE)
target_compile_options(portrait_build_settings INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow
    $<$<BOOL:${PORTRAIT_WARNINGS_AS_ERRORS}>:-Werror>)

if(PROJECT_IS_TOP_LEVEL)
    # So that objects don't depend on the folder of the sources.
    add_compile_options(-ffile-prefix-map=${PROJECT_SOURCE_DIR}=.)
endif()
if(PORTRAIT_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(PORTRAIT_SANITIZE)
    add_compile_options(-fsanitize=${PORTRAIT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    # Without a free descriptor UBSan takes an object for broken whose type it hasn't seen lately: it asks by a pipe whether
    # memory can be read. A server that has to run without descriptors continues, by halt_on_error=0 in UBSAN_OPTIONS; all other
    # programs end (tests/support/ubsan_options.cpp).
    if(PORTRAIT_SANITIZE MATCHES "undefined" AND PORTRAIT_TESTS AND NOT PORTRAIT_FUZZ)
        add_compile_options(-fsanitize-recover=vptr)
    endif()
    # Clang 14 can't assemble coroutines whose function types are checked.
    add_compile_options($<$<COMPILE_LANG_AND_ID:CXX,Clang>:-fno-sanitize=function>)
    # GCC 12 warns of reads of uninitialised memory that don't happen, and of Asio's fences, which ThreadSanitizer doesn't see.
    target_compile_options(portrait_build_settings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
    if(PORTRAIT_SANITIZE STREQUAL "thread")
        target_compile_options(portrait_build_settings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
    endif()
    add_link_options(-fsanitize=${PORTRAIT_SANITIZE})
endif()
# For tests and small examples: AddressSanitizer only, because UBSan doubles the time of compilation.
set(PORTRAIT_OUTSIDE_OPTIONS)
if(PORTRAIT_SANITIZE MATCHES "undefined")
    set(PORTRAIT_OUTSIDE_OPTIONS -fno-sanitize=undefined)
endif()

# portrait_unity(<target>): with PORTRAIT_UNITY, compiles the target's sources in groups of about a dozen. The hash of a
# source's name selects its group, so that a new file changes no other group; UNITY_GROUP of a source sets it explicitly.
function(portrait_unity target)
    if(NOT PORTRAIT_UNITY)
        return()
    endif()
    get_target_property(sources ${target} SOURCES)
    list(LENGTH sources count)
    set(groups 1)
    while(count GREATER 16)
        math(EXPR count "${count} / 2")
        math(EXPR groups "${groups} * 2")
    endwhile()
    foreach(source IN LISTS sources)
        get_source_file_property(group ${source} UNITY_GROUP)
        if(group STREQUAL "NOTFOUND")
            string(MD5 hash ${source})
            string(SUBSTRING ${hash} 0 6 hash)
            math(EXPR group "0x${hash} % ${groups}")
            set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${group})
        endif()
    endforeach()
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
    # GCC warns of a coroutine's frame as a type of a header when the source is included.
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endfunction()

# portrait_static_variant(<name> <public> <private>): adds portrait_<name>_static of the library's objects, for tests of symbols
# that a shared library hides. An alias if the library is static.
function(portrait_static_variant name public private)
    set(target portrait_${name}_static)
    get_target_property(type portrait_${name} TYPE)
    if(type STREQUAL "STATIC_LIBRARY")
        add_library(${target} ALIAS portrait_${name})
        return()
    endif()
    list(TRANSFORM public REPLACE "^portrait::(.*)$" "portrait_\\1_static")
    add_library(${target} STATIC $<TARGET_OBJECTS:portrait_${name}>)
    set_target_properties(${target} PROPERTIES LINKER_LANGUAGE CXX)
    target_include_directories(${target} INTERFACE $<TARGET_PROPERTY:portrait_${name},INTERFACE_INCLUDE_DIRECTORIES>)
    target_compile_features(${target} PUBLIC cxx_std_20)
    target_link_libraries(${target} PUBLIC ${public} PRIVATE ${private})
endfunction()

# portrait_library(<name> SOURCES … [PUBLIC …] [PRIVATE …] [PC_REQUIRES …] [PC_LIBS …]): the library portrait_<name>,
# alias portrait::<name>, whose public headers are in ./include (or, for the core, in the project's include folder).
# PC_… has PRIVATE's packages as pkg-config modules, and flags for packages without a module.
function(portrait_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "INCLUDE" "SOURCES;PUBLIC;PRIVATE;PC_REQUIRES;PC_LIBS")
    set(target portrait_${name})
    if(NOT arg_INCLUDE)
        set(arg_INCLUDE ${CMAKE_CURRENT_SOURCE_DIR}/include)
    endif()
    add_library(${target} ${arg_SOURCES})
    add_library(portrait::${name} ALIAS ${target})
    target_compile_features(${target} PUBLIC cxx_std_20)
    target_include_directories(${target}
        PUBLIC $<BUILD_INTERFACE:${arg_INCLUDE}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
        PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(${target} PUBLIC ${arg_PUBLIC} PRIVATE $<BUILD_INTERFACE:portrait_build_settings>)
    # Until 1.0 a minor version may change the ABI, so a program loads only the version with which it was linked.
    set(soversion ${PROJECT_VERSION_MAJOR})
    if(soversion EQUAL 0)
        string(APPEND soversion .${PROJECT_VERSION_MINOR})
    endif()
    set_target_properties(${target} PROPERTIES
        EXPORT_NAME ${name} VERSION ${PROJECT_VERSION} SOVERSION ${soversion}
        POSITION_INDEPENDENT_CODE ON
        C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
    get_target_property(type ${target} TYPE)
    if(type STREQUAL "SHARED_LIBRARY")
        # Hidden visibility doesn't apply to symbols that other headers make visible, such as instances of std templates.
        set(script ${PROJECT_SOURCE_DIR}/lib/cmake/exports.map)
        target_link_options(${target} PRIVATE LINKER:--version-script=${script} LINKER:--no-undefined)
        set_target_properties(${target} PROPERTIES LINK_DEPENDS ${script} INSTALL_RPATH $ORIGIN)
        # Users of a shared library don't need its private dependencies, so the installed package doesn't look for them.
        target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:${arg_PRIVATE}>)
    else()
        target_link_libraries(${target} PRIVATE ${arg_PRIVATE})
        target_compile_definitions(${target} PUBLIC PORTRAIT_STATIC)
    endif()
    portrait_unity(${target})
    if(PORTRAIT_TESTS)
        portrait_static_variant(${name} "${arg_PUBLIC}" "${arg_PRIVATE}")
    endif()
    set_target_properties(${target} PROPERTIES
        PORTRAIT_INCLUDE_FOLDER ${arg_INCLUDE} PORTRAIT_PUBLIC "${arg_PUBLIC}"
        PORTRAIT_PC_REQUIRES "${arg_PC_REQUIRES}" PORTRAIT_PC_LIBS "${arg_PC_LIBS}")
    set_property(GLOBAL APPEND PROPERTY PORTRAIT_LIBRARIES ${name})
endfunction()
