# Writes the files of the page into a C++ source. usage: cmake -DOUTPUT=FILE -DFILES=A;B -P embed.cmake
set(entries "")
foreach(file IN LISTS FILES)
    get_filename_component(name "${file}" NAME)
    file(READ "${file}" text)
    string(APPEND entries "    {\"${name}\", R\"=====(${text})=====\"},\n")
endforeach()
file(WRITE "${OUTPUT}" "#include \"serve/page.hpp\"

namespace portrait_server {

const std::vector<PageFile>& page_files() {
    static const std::vector<PageFile> files{
${entries}    };
    return files;
}

} // namespace portrait_server
")
