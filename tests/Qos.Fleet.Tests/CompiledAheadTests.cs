using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Qos.Fleet.Storage;

namespace Qos.Fleet.Tests;

/// <summary>The service is one native file: nothing of it makes code while it runs.</summary>
public class CompiledAheadTests
{
    [Fact]
    public void Every_statement_of_the_database_is_read_and_written_by_code_that_was_made_ahead()
    {
        // What Dapper.AOT does not take over stays a call of Dapper's own methods, which would make code at run time and fail there; nothing says so when it is compiled.
        using FileStream file = File.OpenRead(typeof(FleetDatabase).Assembly.Location);
        using var image = new PEReader(file);
        MetadataReader metadata = image.GetMetadataReader();
        string[] left =
        [
            .. metadata.MemberReferences.Select(metadata.GetMemberReference).Where(member => IsDappers(metadata, member.Parent)).Select(member => metadata.GetString(member.Name)),
        ];
        Assert.Empty(left);
        Assert.Contains(metadata.TypeReferences, handle => metadata.GetString(metadata.GetTypeReference(handle).Name) == "CommandFactory");
    }

    private static bool IsDappers(MetadataReader metadata, EntityHandle parent)
    {
        if (parent.Kind != HandleKind.TypeReference)
            return false;
        TypeReference type = metadata.GetTypeReference((TypeReferenceHandle)parent);
        return metadata.GetString(type.Namespace) == "Dapper" && metadata.GetString(type.Name) == "SqlMapper";
    }
}
