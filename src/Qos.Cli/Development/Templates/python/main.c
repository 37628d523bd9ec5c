// The interpreter as one static program, with the app and the standard library in a zip archive at the program's own end: see build.
#include <Python.h>

int main(int count, char **words) {
    PyConfig config;
    PyConfig_InitIsolatedConfig(&config);
    config.site_import = 0;
    config.module_search_paths_set = 1;
    PyStatus status = PyWideStringList_Append(&config.module_search_paths, L"/proc/self/exe");
    if (!PyStatus_Exception(status)) status = PyConfig_SetString(&config, &config.run_module, L"app");
    if (!PyStatus_Exception(status)) status = PyConfig_SetString(&config, &config.program_name, L"/proc/self/exe");
    config.parse_argv = 0;
    if (!PyStatus_Exception(status)) status = PyConfig_SetBytesArgv(&config, count, words);
    if (!PyStatus_Exception(status)) status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    if (PyStatus_Exception(status)) Py_ExitStatusException(status);
    return Py_RunMain();
}
