using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Qos.Transport.Tests")]
