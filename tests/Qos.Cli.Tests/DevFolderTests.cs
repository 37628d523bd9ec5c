namespace Qos.Cli.Tests;

/// <summary>What a run that was killed left is removed by the next one, and nothing of anybody else's.</summary>
public class DevFolderTests
{
    [Fact]
    public void A_folder_that_others_may_write_into_is_left_alone()
    {
        string left = Directory.CreateTempSubdirectory("qos-dev-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(left, "lock"), "");
            File.SetUnixFileMode(left, (UnixFileMode)0b111_111_111);
            DevFolder.Make().Dispose();
            Assert.True(File.Exists(Path.Combine(left, "lock")));
            File.SetUnixFileMode(left, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            DevFolder.Make().Dispose();
            Assert.False(Directory.Exists(left));
        }
        finally
        {
            if (Directory.Exists(left))
                Directory.Delete(left, recursive: true);
        }
    }
}
