/* Which medium it is: the words of its device as Linux lays them out for a stick, a card and a disk without number, and the tag that tells the medium
 * from its copy, whenever it was cut. */
#include "guard/medium.h"

#include "base/codec.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

static char here[64];

static int set_up(void **state)
{
    (void)snprintf(here, sizeof(here), "/tmp/guard-medium-XXXXXX");
    return mkdtemp(here) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    return remove(path);
}

static int tear_down(void **state)
{
    return nftw(here, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- the device ---- */

static void put(const char *path, const char *text)
{
    char whole[600];
    FILE *f;

    (void)snprintf(whole, sizeof(whole), "%s/%s", here, path);
    for (char *slash = whole + strlen(here) + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
        *slash = '\0';
        assert_true(!mkdir(whole, 0700) || errno == EEXIST);
    }
    f = fopen(whole, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void link_block(unsigned major_n, unsigned minor_n, const char *to)
{
    char path[600], target[700];

    (void)snprintf(path, sizeof(path), "%s/dev/block/%u:%u", here, major_n, minor_n);
    (void)snprintf(target, sizeof(target), "%s/%s", here, to);
    put("dev/block/.keep", "");
    assert_int_equal(symlink(target, path), 0);
}

#define STICK "devices/pci0000:00/0000:00:14.0/usb1/1-3"

static void test_device(void **state)
{
    struct medium_device d;

    put("devices/pci0000:00/0000:00:14.0/usb1/product", "xHCI Host Controller\n");
    put("devices/pci0000:00/0000:00:14.0/usb1/serial", "0000:00:14.0\n");
    put(STICK "/manufacturer", "試験 Works\n");
    put(STICK "/product", "Stick 9\n");
    put(STICK "/serial", "U-014\n");
    put(STICK "/1-3:1.0/host6/target6:0:0/6:0:0:0/vendor", "GENERIC\n");
    put(STICK "/1-3:1.0/host6/target6:0:0/6:0:0:0/model", "Flash Disk\n");
    put(STICK "/1-3:1.0/host6/target6:0:0/6:0:0:0/block/sdb/size", "31260672\n");
    put(STICK "/1-3:1.0/host6/target6:0:0/6:0:0:0/block/sdb/sdb1/size", "31258624\n");
    put(STICK "/1-3:1.0/host6/target6:0:0/6:0:0:0/block/sdb/sdb1/partition", "1\n");
    link_block(8, 17, STICK "/1-3:1.0/host6/target6:0:0/6:0:0:0/block/sdb/sdb1");
    assert_true(medium_device_read(here, makedev(8, 17), &d));
    assert_string_equal(d.serial, "U-014");
    assert_string_equal(d.vendor, "?????? Works");
    assert_string_equal(d.product, "Stick 9");
    assert_int_equal(d.capacity, 31260672ull * 512); /* of the disk, not of the partition */
    /* a card in its slot */
    put("devices/platform/sdhci/mmc_host/mmc0/mmc0:0001/manfid", "0x000003\n");
    put("devices/platform/sdhci/mmc_host/mmc0/mmc0:0001/name", "SU08G\n");
    put("devices/platform/sdhci/mmc_host/mmc0/mmc0:0001/serial", "0x1234abcd\n");
    put("devices/platform/sdhci/mmc_host/mmc0/mmc0:0001/block/mmcblk0/size", "15523840\n");
    link_block(179, 0, "devices/platform/sdhci/mmc_host/mmc0/mmc0:0001/block/mmcblk0");
    assert_true(medium_device_read(here, makedev(179, 0), &d));
    assert_string_equal(d.serial, "0x1234abcd");
    assert_string_equal(d.vendor, "0x000003");
    assert_string_equal(d.product, "SU08G");
    /* a disk whose bus gives no number: the nearest name, not the controller's */
    put("devices/pci0000:00/0000:00:17.0/vendor", "0x8086\n");
    put("devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/vendor", "ATA     \n");
    put("devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/model", "TEST HD\n");
    put("devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda/size", "2048\n");
    link_block(8, 0, "devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda");
    assert_true(medium_device_read(here, makedev(8, 0), &d));
    assert_string_equal(d.serial, "");
    assert_string_equal(d.vendor, "ATA");
    assert_string_equal(d.product, "TEST HD");
    assert_int_equal(d.capacity, 2048 * 512);
    /* nothing of its own */
    assert_false(medium_device_read(here, makedev(0, 50), &d));
    assert_string_equal(d.serial, "");
}

/* ---- the tag ---- */

static int open_here(void)
{
    int fd = open(here, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    assert_true(fd >= 0);
    return fd;
}

static void copy_tag(int dir, char bytes[2 * MEDIUM_TAG_SIZE], bool back)
{
    int fd = openat(dir, MEDIUM_TAG_FILE, back ? O_WRONLY | O_TRUNC : O_RDONLY);

    assert_true(fd >= 0);
    assert_int_equal(back ? write(fd, bytes, 2 * MEDIUM_TAG_SIZE)
                          : read(fd, bytes, 2 * MEDIUM_TAG_SIZE),
                     2 * MEDIUM_TAG_SIZE);
    close(fd);
}

/* One use: the one that matched stays in front, the register takes the new one. */
static void use(int dir, char known[MEDIUM_TAG_HEX])
{
    struct medium_tag t, next;
    const uint8_t *by;

    assert_int_equal(medium_tag_read(dir, &t), 0);
    assert_non_null(by = medium_tag_match(&t, known));
    assert_int_equal(medium_tag_renew(dir, by, &next), 0);
    snprintf(known, MEDIUM_TAG_HEX, "%s", medium_tag_digest(next.now).at);
}

static bool is_known(int dir, const char *known)
{
    struct medium_tag t;

    return !medium_tag_read(dir, &t) && medium_tag_match(&t, known);
}

static void test_copy(void **state)
{
    char known[MEDIUM_TAG_HEX], copy[2 * MEDIUM_TAG_SIZE], original[2 * MEDIUM_TAG_SIZE];
    int dir = open_here();
    struct medium_tag t;

    assert_int_equal(medium_tag_read(dir, &t), MEDIUM_TAG_E_NONE);
    assert_int_equal(medium_tag_renew(dir, NULL, &t), 0);
    snprintf(known, MEDIUM_TAG_HEX, "%s", medium_tag_digest(t.now).at);
    use(dir, known);
    copy_tag(dir, copy, false);
    use(dir, known); /* the original goes on; the copy is found */
    copy_tag(dir, original, false);
    assert_memory_not_equal(copy, original, sizeof(copy));
    copy_tag(dir, copy, true);
    assert_false(is_known(dir, known));
    copy_tag(dir, original, true);
    assert_true(is_known(dir, known));
    use(dir, known); /* as a copy that goes on: the original is found */
    copy_tag(dir, original, true);
    assert_false(is_known(dir, known));
    assert_int_not_equal(faccessat(dir, MEDIUM_TAG_PART, F_OK, 0), 0);
    close(dir);
}

/* The new tag lies on the medium, and the register has not heard of it: known, and so is the next one after it. */
static void test_cut(void **state)
{
    char known[MEDIUM_TAG_HEX], after[MEDIUM_TAG_HEX];
    int dir = open_here();
    struct medium_tag t;

    assert_int_equal(medium_tag_renew(dir, NULL, &t), 0);
    snprintf(known, MEDIUM_TAG_HEX, "%s", medium_tag_digest(t.now).at);
    for (int i = 0; i < 3; i++) {
        memcpy(after, known, sizeof(after));
        use(dir, after); /* what it came to is lost */
        assert_true(is_known(dir, known));
        assert_true(is_known(dir, after));
    }
    close(dir);
}

static void test_form(void **state)
{
    int dir = open_here();
    struct medium_tag t;

    put(MEDIUM_TAG_FILE, "short");
    assert_int_equal(medium_tag_read(dir, &t), MEDIUM_TAG_E_FORM);
    put(MEDIUM_TAG_FILE,
        "0123456789012345678901234567890123456789012345678901234567890123 and more");
    assert_int_equal(medium_tag_read(dir, &t), MEDIUM_TAG_E_FORM);
    assert_int_equal(unlinkat(dir, MEDIUM_TAG_FILE, 0), 0);
    assert_int_equal(symlinkat("/etc/passwd", dir, MEDIUM_TAG_FILE), 0);
    assert_int_equal(medium_tag_read(dir, &t), MEDIUM_TAG_E_FORM);
    assert_int_equal(unlinkat(dir, MEDIUM_TAG_FILE, 0), 0);
    /* what a cut left half written is taken away */
    put(MEDIUM_TAG_PART, "half");
    assert_int_equal(medium_tag_renew(dir, NULL, &t), 0);
    assert_int_equal(medium_tag_read(dir, &t), 0);
    assert_false(medium_tag_match(&t, "") || medium_tag_match(&t, "0"));
    close(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_device, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_copy, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cut, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_form, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
