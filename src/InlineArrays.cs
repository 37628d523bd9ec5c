namespace System.Runtime.CompilerServices;

// The compiler puts the elements of `[a, b, c]`, taken as a span, into one of these. .NET 10 has them; the .NET 9 framework that a NativeAOT
// file may carry (QosAotFramework) has not, and a type in the assembly itself comes before the framework's. Directory.Build.targets
// compiles this file into every room.

[InlineArray(2)]
internal struct InlineArray2<T>
{
    private T _element;
}

[InlineArray(3)]
internal struct InlineArray3<T>
{
    private T _element;
}

[InlineArray(4)]
internal struct InlineArray4<T>
{
    private T _element;
}

[InlineArray(5)]
internal struct InlineArray5<T>
{
    private T _element;
}

[InlineArray(6)]
internal struct InlineArray6<T>
{
    private T _element;
}

[InlineArray(7)]
internal struct InlineArray7<T>
{
    private T _element;
}

[InlineArray(8)]
internal struct InlineArray8<T>
{
    private T _element;
}

[InlineArray(9)]
internal struct InlineArray9<T>
{
    private T _element;
}

[InlineArray(10)]
internal struct InlineArray10<T>
{
    private T _element;
}

[InlineArray(11)]
internal struct InlineArray11<T>
{
    private T _element;
}

[InlineArray(12)]
internal struct InlineArray12<T>
{
    private T _element;
}

[InlineArray(13)]
internal struct InlineArray13<T>
{
    private T _element;
}

[InlineArray(14)]
internal struct InlineArray14<T>
{
    private T _element;
}

[InlineArray(15)]
internal struct InlineArray15<T>
{
    private T _element;
}

[InlineArray(16)]
internal struct InlineArray16<T>
{
    private T _element;
}
