namespace Qos.Tokens.Tests;

public class TokenUriTests
{
    private const string Module = "?module-path=/lib/m.so";

    [Fact]
    public void A_label_names_both_pairs()
    {
        TokenUri uri = TokenUri.Parse("pkcs11:token=My%20token;serial=0A;object=alice" + Module);
        Assert.Equal(("My token", "0A", "/lib/m.so"), (uri.Token, uri.Serial, uri.ModulePath));
        Assert.Equal("labelled 'alice.encrypt'", uri.EncryptionKey.ToString());
        Assert.Equal("labelled 'alice.sign'", uri.SigningKey.ToString());
    }

    [Fact]
    public void Ids_name_the_objects_of_a_token_with_names_of_its_own()
    {
        TokenUri uri = TokenUri.Parse("pkcs11:manufacturer=Yubico%20%28www.yubico.com%29" + Module + "&encrypt-id=%03&sign-id=%02");
        Assert.Equal("with id 03", uri.EncryptionKey.ToString());
        Assert.Equal("with id 02", uri.SigningKey.ToString());
    }

    [Fact]
    public void A_name_is_added_only_where_there_is_none()
    {
        Assert.Equal("bob", TokenUri.Parse("pkcs11:token=a" + Module).WithKeyLabel("bob").KeyLabel);
        Assert.Equal("alice", TokenUri.Parse("pkcs11:object=alice" + Module).WithKeyLabel("bob").KeyLabel);
    }

    [Theory]
    [InlineData("pkcs11:token=a;object=k", "names no module")]
    [InlineData("pkcs11:object=k?module-path=m.so", "full path")]
    [InlineData("pkcs11:object=k?module-path=/m%00.so", "full path")]
    [InlineData("pkcs11:token=a;token=b;object=k?module-path=/m", "token twice")]
    [InlineData("pkcs11:object=%FF?module-path=/m", "not UTF-8")]
    [InlineData("pkcs11:object=a%2?module-path=/m", "two hex digits")]
    [InlineData("pkcs11:object=a%+1?module-path=/m", "two hex digits")]
    [InlineData("pkcs11:object=a b?module-path=/m", "%XX")]
    [InlineData("pkcs11:object=?module-path=/m", "1 to 200")]
    [InlineData("pkcs11:slot-id=-1;object=k?module-path=/m", "slot-id is a number")]
    [InlineData("pkcs11:id=%01?module-path=/m", "encrypt-id and sign-id")]
    [InlineData("pkcs11:colour=red?module-path=/m", "no attribute 'colour'")]
    [InlineData("pkcs11:object=k;module-path=/m", "in this place")]
    [InlineData("alice.secret", "pkcs11:")]
    public void What_is_no_uri_of_ours_is_refused_with_the_reason(string text, string reason) =>
        Assert.Contains(reason, Assert.Throws<TokenException>(() => TokenUri.Parse(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("pkcs11:object=k?module-path=/m&pin-value=271828")]
    [InlineData("pkcs11:pin-value=271828;object=k?module-path=/m")]
    [InlineData("pkcs11:object=k?module-path=/m&pin-source=271828")]
    [InlineData("pkcs11:object=k;271828?module-path=/m")]
    public void A_pin_has_no_place_in_a_uri_and_none_in_the_message(string text)
    {
        string message = Assert.Throws<TokenException>(() => TokenUri.Parse(text)).Message;
        Assert.DoesNotContain("271828", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_is_given_ends_in_a_uri_or_in_one_line()
    {
        const int Seed = 20261121;
        var random = new Random(Seed);
        const string Sample = "pkcs11:token=a%20b;serial=1;slot-id=7;object=alice?module-path=/lib/m.so&encrypt-id=%01&sign-id=%02";
        for (int i = 0; i < 5000; i++)
        {
            char[] text = Sample.ToCharArray();
            for (int change = random.Next(1, 5); change > 0; change--)
                text[random.Next(text.Length)] = (char)random.Next(0, 0x180);
            try
            {
                _ = TokenUri.Parse(new string(text));
            }
            catch (TokenException e)
            {
                Assert.False(e.Message.Any(char.IsControl), $"seed {Seed}, round {i}: {e.Message}");
            }
        }
    }
}
