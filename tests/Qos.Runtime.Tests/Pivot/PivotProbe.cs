using System.Diagnostics;

namespace Qos.Runtime.Tests.Pivot;

/// <summary>A small C program that prints how it was started: what a pivot sees of its own start.</summary>
public sealed class PivotProbe : IDisposable
{
    private const string Source = """
        #define _GNU_SOURCE
        #include <dirent.h>
        #include <fcntl.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/prctl.h>
        #include <sys/resource.h>
        #include <sys/stat.h>
        #include <unistd.h>
        extern char **environ;
        static void link_of(const char *name, const char *path)
        {
            char target[4096];
            ssize_t n = readlink(path, target, sizeof target - 1);
            printf("%s=%.*s\n", name, n < 0 ? 0 : (int)n, target);
        }
        int main(int argc, char **argv)
        {
            FILE *out = argc > 1 ? freopen(argv[1], "w", stdout) : stdout;
            if (out == NULL)
                return 99;
            for (int i = 0; i < argc; i++)
                printf("arg=%s\n", argv[i]);
            for (char **e = environ; *e != NULL; e++)
                printf("env=%.200s %zu\n", *e, strlen(*e));
            for (int fd = 0; fd < 65536; fd++)
                if (fd != fileno(stdout) && fcntl(fd, F_GETFD) != -1)
                    printf("fd=%d\n", fd);
            printf("no_new_privs=%d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
            int death = 0;
            prctl(PR_GET_PDEATHSIG, &death);
            printf("pdeathsig=%d\n", death);
            printf("leader=%d\n", getsid(0) == getpid() && getpgrp() == getpid());
            struct rlimit core;
            getrlimit(RLIMIT_CORE, &core);
            printf("core=%lu %lu\n", core.rlim_cur, core.rlim_max);
            printf("umask=%03o\n", umask(0));
            link_of("cwd", "/proc/self/cwd");
            link_of("stdin", "/proc/self/fd/0");
            link_of("stderr", "/proc/self/fd/2");
            char line[256];
            FILE *status = fopen("/proc/self/status", "re");
            while (fgets(line, sizeof line, status) != NULL)
                if (strncmp(line, "Sig", 3) == 0)
                    fputs(line, stdout);
            fflush(stdout);
            return argc > 2 ? atoi(argv[2]) : 0;
        }
        """;

    private readonly TestFolder _folder = new();

    public PivotProbe()
    {
        File.WriteAllText(_folder["probe.c"], Source);
        using Process compiler = Process.Start("cc", ["-o", Program, _folder["probe.c"]]);
        compiler.WaitForExit();
        Assert.Equal(0, compiler.ExitCode);
    }

    /// <summary>The compiled program; its first argument names the file to print to, its second the exit code.</summary>
    public string Program => _folder["probe"];

    public void Dispose() => _folder.Dispose();
}
