/*
 * Base64, Basic credentials, and password files.
 */

#include "http_test.h"

#include "http/auth.h"

static void
test_base64(void **state)
{
	static const struct {
		const char *plain, *coded;
	} cases[] = {
		{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" },
		{ "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" },
		{ "\xff\xfe\xfb", "//77" },
	};
	char out[16];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct http_str plain = http_cstr(cases[i].plain);
		struct http_str coded = http_cstr(cases[i].coded), bare;

		assert_int_equal(http_base64_encode(plain, out, sizeof(out)),
		    coded.len);
		assert_string_equal(out, coded.ptr);
		assert_int_equal(http_base64_encode(plain, out, coded.len + 1),
		    coded.len);
		assert_int_equal(http_base64_encode(plain, out, coded.len),
		    -1);
		assert_int_equal(http_base64_decode(coded, out, plain.len),
		    plain.len);
		assert_memory_equal(out, plain.ptr, plain.len);
		bare = coded;
		while (bare.len > 0 && bare.ptr[bare.len - 1] == '=')
			bare.len--;
		assert_int_equal(http_base64_decode(bare, out, 16),
		    plain.len);
		if (plain.len > 0)
			assert_int_equal(http_base64_decode(coded, out,
			    plain.len - 1), -1);
	}
}

static void
test_bad_base64(void **state)
{
	static const char *const bad[] = { "Z", "Zg=", "=", "==", "====",
		"Z===", "Zg==Zg==", "Zm9v=", "Zh==", "Zm9=", "Zm 9v", "Zm9v\n",
		"Zm-_", "Zm9v====", "Zg===" };
	char out[16];

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (http_base64_decode(http_cstr(bad[i]), out, 16) != -1)
			fail_msg("'%s' was decoded", bad[i]);
	}
}

static void
test_basic(void **state)
{
	static const char *const bad[] = { "", "Basic", "Basic ", "Basic Zm9v",
		"Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Basic !!!!",
		"BasicQWxhZGRpbjpvcGVuIHNlc2FtZQ==",
		"Basic YQBiOmM=" /* a\0b:c */, "Basic YTpiCg==" /* a:b\n */ };
	struct http_str user, password;
	char buf[64];

	(void)state;
	assert_true(http_basic_decode(
	    HTTP_STR("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), buf, sizeof(buf),
	    &user, &password));
	assert_str(user, "Aladdin");
	assert_str(password, "open sesame");
	assert_int_equal(user.ptr[user.len], '\0');
	assert_int_equal(password.ptr[password.len], '\0');
	assert_true(http_basic_decode(HTTP_STR("bASIC  YTpiOmM="), buf, 6,
	    &user, &password));
	assert_str(user, "a");
	assert_str(password, "b:c");
	assert_false(http_basic_decode(HTTP_STR("Basic YTpiOmM="), buf, 5,
	    &user, &password));
	assert_true(http_basic_decode(HTTP_STR("Basic Og=="), buf, 2, &user,
	    &password));
	assert_int_equal(user.len + password.len, 0);
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (http_basic_decode(http_cstr(bad[i]), buf, sizeof(buf),
		    &user, &password))
			fail_msg("'%s' was accepted", bad[i]);
	}
}

static void
test_password_file(void **state)
{
	struct http_str file = HTTP_STR("# users\n\nann:$6$x$y\n"
	    "annabel:$2b$z\r\nbob:h:Bob the builder\n#eve:h\nlast:$1$");

	(void)state;
	assert_str(http_password_hash(file, HTTP_STR("ann")), "$6$x$y");
	assert_str(http_password_hash(file, HTTP_STR("annabel")), "$2b$z");
	assert_str(http_password_hash(file, HTTP_STR("bob")), "h");
	assert_str(http_password_hash(file, HTTP_STR("last")), "$1$");
	assert_str(http_password_hash(file, HTTP_STR("an")), NULL);
	assert_str(http_password_hash(file, HTTP_STR("Ann")), NULL);
	assert_str(http_password_hash(file, HTTP_STR("#eve")), NULL);
	assert_str(http_password_hash(file, HTTP_STR("eve")), NULL);
	assert_str(http_password_hash(file, HTTP_STR("")), NULL);
	assert_str(http_password_hash(HTTP_STR(""), HTTP_STR("a")), NULL);
	assert_str(http_password_hash(HTTP_STR(":x\n"), HTTP_STR("")), NULL);
	assert_str(http_password_hash(HTTP_STR("a:"), HTTP_STR("a")), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_bad_base64),
		cmocka_unit_test(test_basic),
		cmocka_unit_test(test_password_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
