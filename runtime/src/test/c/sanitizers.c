/* Linked into the launcher that the tests build with sanitizers. Its stderr is /dev/null and its environment empty, so both are set here. */
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

const char *__asan_default_options(void)
{
	return "log_path=" LOG_PATH ":abort_on_error=0:detect_leaks=0:detect_stack_use_after_return=1";
}

const char *__ubsan_default_options(void)
{
	return "log_path=" LOG_PATH ":print_stacktrace=1:halt_on_error=1";
}
