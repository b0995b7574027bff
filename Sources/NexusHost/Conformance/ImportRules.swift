/// The functions of other libraries that a driver may use: they reach nothing outside of its memory.
enum ImportRules {
  /// Whether `name` is allowed; a version after "@" does not count.
  static func allows(_ name: String) -> Bool {
    let plain = String(name.prefix { $0 != "@" })
    if names.contains(plain) || prefixes.contains(where: plain.hasPrefix) { return true }
    // Checked variants, those of newer standards, and the widths of mathematics.
    if let inner = unwrapped(plain), names.contains(inner) || mathematics.contains(inner) {
      return true
    }
    if mathematics.contains(plain) { return true }
    guard let last = plain.last, last == "f" || last == "l" else { return false }
    return mathematics.contains(String(plain.dropLast()))
  }

  /// The function that a wrapper of libc stands for.
  private static func unwrapped(_ name: String) -> String? {
    guard name.hasPrefix("__") else { return nil }
    let inner = name.dropFirst(2)
    for prefix in ["isoc99_", "isoc23_"] where inner.hasPrefix(prefix) {
      return String(inner.dropFirst(prefix.count))
    }
    for suffix in ["_chk", "_finite"] where inner.hasSuffix(suffix) {
      return String(inner.dropLast(suffix.count))
    }
    return nil
  }

  /// The unwinder, which exceptions inside of a driver need.
  private static let prefixes = ["_Unwind_", "_ITM_", "__aeabi_"]

  private static let names = Set(
    """
    memcpy memmove memset memcmp memchr memrchr memmem mempcpy memccpy rawmemchr bcmp bcopy bzero
    explicit_bzero strlen strnlen strcmp strncmp strcasecmp strncasecmp strchr strrchr strchrnul
    strstr strcasestr strspn strcspn strpbrk strcpy strncpy stpcpy stpncpy strcat strncat strlcpy
    strlcat strdup strndup __strdup __strndup strtok_r __strtok_r strsep strtol strtoul strtoll
    strtoull strtoimax strtoumax strtod strtof strtold atoi atol atoll atof sscanf vsscanf sprintf
    snprintf vsprintf vsnprintf qsort bsearch abs labs llabs div ldiv lldiv ffs ffsl ffsll
    isalnum isalpha isblank iscntrl isdigit isgraph islower isprint ispunct isspace isupper isxdigit
    tolower toupper __ctype_b_loc __ctype_tolower_loc __ctype_toupper_loc
    malloc calloc realloc reallocarray free posix_memalign aligned_alloc memalign malloc_usable_size
    __stack_chk_fail __stack_chk_guard __cxa_finalize __cxa_atexit __gmon_start__ __tls_get_addr
    __errno_location __assert_fail abort dl_iterate_phdr __getauxval __fdelt
    __gcc_personality_v0 __gxx_personality_v0 __register_frame_info __deregister_frame_info
    """.split(whereSeparator: { $0 == " " || $0 == "\n" }).map(String.init))

  private static let mathematics = Set(
    """
    sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh sincos exp exp2 exp10 expm1 log
    log2 log10 log1p logb ilogb pow sqrt cbrt hypot floor ceil trunc round roundeven rint nearbyint
    lrint llrint lround llround fmod remainder remquo fma fmin fmax fdim fabs ldexp frexp modf scalbn
    scalbln nextafter nexttoward copysign nan erf erfc tgamma lgamma lgamma_r __isnan __isinf __finite
    __fpclassify __signbit isnan isinf finite fesetround fegetround
    """.split(whereSeparator: { $0 == " " || $0 == "\n" }).map(String.init))
}
