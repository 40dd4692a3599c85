/* Calls that do not compile here, with what stands in their place. The build includes this file before every source;
 * no source names it.
 * Why      unbounded writes (strcpy and kin), silent errors (atoi), hidden shared state (strtok, localtime), a calendar
 *          that depends on the environment (mktime), predictable numbers (rand), a shell (system).
 * How      the headers that declare them come first, then each name becomes a function-like macro that expands to an
 *          undeclared name, which the compiler's message shows. Struct members of the same name stay usable. */
#pragma once

#include <alloca.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#undef strcpy
#undef stpcpy
#undef strncpy
#undef stpncpy
#undef strcat
#undef strncat
#define strcpy(...) BANNED_strcpy_use_struct_buf
#define stpcpy(...) BANNED_stpcpy_use_struct_buf
#define strncpy(...) BANNED_strncpy_use_struct_buf
#define stpncpy(...) BANNED_stpncpy_use_struct_buf
#define strcat(...) BANNED_strcat_use_struct_buf
#define strncat(...) BANNED_strncat_use_struct_buf

#undef sprintf
#undef vsprintf
#undef gets
#define sprintf(...) BANNED_sprintf_use_buf_printf
#define vsprintf(...) BANNED_vsprintf_use_buf_vprintf
#define gets(...) BANNED_gets_use_file_read

#undef strtok
#undef strtok_r
#undef strsep
#define strtok(...) BANNED_strtok_use_str_split
#define strtok_r(...) BANNED_strtok_r_use_str_split
#define strsep(...) BANNED_strsep_use_str_split

#undef atoi
#undef atol
#undef atoll
#undef atof
#undef scanf
#undef fscanf
#undef sscanf
#define atoi(...) BANNED_atoi_use_str_to_i64
#define atol(...) BANNED_atol_use_str_to_i64
#define atoll(...) BANNED_atoll_use_str_to_i64
#define atof(...) BANNED_atof_use_str_to_i64
#define scanf(...) BANNED_scanf_use_str_to_i64
#define fscanf(...) BANNED_fscanf_use_str_to_i64
#define sscanf(...) BANNED_sscanf_use_str_to_i64

#undef localtime
#undef localtime_r
#undef gmtime
#undef asctime
#undef asctime_r
#undef ctime
#undef ctime_r
#undef mktime
#undef timegm
#undef strftime
#undef strptime
#define localtime(...) BANNED_localtime_use_base_time
#define localtime_r(...) BANNED_localtime_r_use_base_time
#define gmtime(...) BANNED_gmtime_use_base_time
#define asctime(...) BANNED_asctime_use_base_time
#define asctime_r(...) BANNED_asctime_r_use_base_time
#define ctime(...) BANNED_ctime_use_base_time
#define ctime_r(...) BANNED_ctime_r_use_base_time
#define mktime(...) BANNED_mktime_use_base_time
#define timegm(...) BANNED_timegm_use_base_time
#define strftime(...) BANNED_strftime_use_base_time
#define strptime(...) BANNED_strptime_use_base_time

#undef rand
#undef srand
#undef rand_r
#undef random
#undef srandom
#define rand(...) BANNED_rand_use_random_fill
#define srand(...) BANNED_srand_use_random_fill
#define rand_r(...) BANNED_rand_r_use_random_fill
#define random(...) BANNED_random_use_random_fill
#define srandom(...) BANNED_srandom_use_random_fill

#undef alloca
#undef tmpnam
#undef mktemp
#undef system
#undef popen
#define alloca(...) BANNED_alloca_use_an_arena
#define tmpnam(...) BANNED_tmpnam_use_mkostemp
#define mktemp(...) BANNED_mktemp_use_mkostemp
#define system(...) BANNED_system_use_fork_and_exec
#define popen(...) BANNED_popen_use_fork_and_exec
