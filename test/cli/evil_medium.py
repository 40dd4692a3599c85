"""A medium that misbehaves, as root: a file system of our own (FUSE's messages, read from /dev/fuse), whose files are what their functions say each time.

    with Evil('/somewhere', {'a.csv': lambda opened, at, n: b'…'}): …

A file is (size, read) or (size, read, write): read(opened, at, n) gives bytes, or raises OSError as the device would; `opened` counts from 1; write(at, bytes). A tuple of one function is a folder:
entry(i) names its i-th entry, or None. "swap" in place of a file: a folder when it is looked up first, and a link to /etc afterwards."""
import ctypes, errno, os, stat, struct, threading

LIBC = ctypes.CDLL(None, use_errno=True)
LOOKUP, FORGET, GETATTR, READLINK, OPEN, READ, WRITE, STATFS, RELEASE, GETXATTR, LISTXATTR, FLUSH, INIT, OPENDIR, READDIR, RELEASEDIR, ACCESS, INTERRUPT, DESTROY, BATCH_FORGET, FSYNC = \
    1, 2, 3, 5, 14, 15, 16, 17, 18, 22, 23, 25, 26, 27, 28, 29, 34, 36, 38, 42, 20


class Evil:
    def __init__(self, at, files):
        self.at, self.files = at, files
        self.nodes, self.paths, self.opened, self.looked = {1: ('', None)}, {'': 1}, {}, {}

    def __enter__(self):
        os.makedirs(self.at, exist_ok=True)
        self.fd = os.open('/dev/fuse', os.O_RDWR)
        if LIBC.mount(b'evil', os.fsencode(self.at), b'fuse.evil', 2 | 4, f'fd={self.fd},rootmode=40000,user_id=0,group_id=0'.encode()):
            raise OSError(ctypes.get_errno(), 'mount')
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *failure):
        LIBC.umount2(os.fsencode(self.at), 2)
        os.close(self.fd)

    # ---- what lies there ----

    def what(self, path):
        if not path:
            return 'folder'
        if path in self.files:
            return self.files[path]
        parent, _, name = path.rpartition('/')
        above = self.what(parent) if parent else None
        if isinstance(above, tuple) and len(above) == 1:
            return above
        return 'folder' if any(f.startswith(path + '/') for f in self.files) else None

    def names(self, path, i):
        is_it = self.what(path)
        if isinstance(is_it, tuple) and len(is_it) == 1:
            return is_it[0](i)
        below = sorted({f[len(path) + 1 if path else 0:].split('/')[0] for f in self.files if not path or f.startswith(path + '/')})
        return below[i] if i < len(below) else None

    def attr(self, node):
        path, mode_then = self.nodes[node]
        is_it = self.what(path)
        size = 0
        if is_it == 'swap':
            mode = mode_then
        elif is_it == 'folder' or (isinstance(is_it, tuple) and len(is_it) == 1):
            mode = stat.S_IFDIR | 0o755
        else:
            mode, size = stat.S_IFREG | 0o644, is_it[0]
        return struct.pack('<QQQQQQIIIIIIIIII', node, size, (size + 511) // 512, 1, 1, 1, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)

    # ---- messages ----

    def serve(self):
        while True:
            try:
                m = os.read(self.fd, 1 << 18)
            except OSError:
                return
            length, op, unique, node = struct.unpack('<IIQQ', m[:24])
            if op in (FORGET, BATCH_FORGET, INTERRUPT):
                continue
            try:
                body, e = self.answer(op, node, m[40:length]), 0
            except OSError as failed:
                body, e = b'', failed.errno
            try:
                os.write(self.fd, struct.pack('<IiQ', 16 + len(body), -e, unique) + body)
            except OSError:
                return

    def answer(self, op, node, body):
        if op == INIT:
            return struct.pack('<IIIIHHIIHHIIII', 7, 31, 1 << 16, 0, 12, 10, 1 << 16, 1, 16, 0, 0, 0, 0, 0) + b'\0' * 16
        path = self.nodes.get(node, ('', None))[0]
        if op == LOOKUP:
            name = os.fsdecode(body.rstrip(b'\0'))
            return self.lookup(f'{path}/{name}' if path else name)
        if op == GETATTR:
            return struct.pack('<QII', 0, 0, 0) + self.attr(node)
        if op == READLINK:
            return b'/etc'
        if op == OPEN:
            self.opened[path] = self.opened.get(path, 0) + 1
            return struct.pack('<QII', self.opened[path], 1, 0) # 1: past the cache
        if op == READ:
            fh, at, n = struct.unpack('<QQI', body[:20])
            return self.what(path)[1](fh, at, n)
        if op == WRITE:
            _, at, n = struct.unpack('<QQI', body[:20])
            self.what(path)[2](at, body[40:40 + n])
            return struct.pack('<II', n, 0)
        if op == STATFS:
            return struct.pack('<QQQQQIIII', 1 << 20, 1 << 19, 1 << 19, 100, 100, 4096, 255, 4096, 0) + b'\0' * 24
        if op in (OPENDIR,):
            return struct.pack('<QII', 0, 0, 0)
        if op == READDIR:
            _, at, n = struct.unpack('<QQI', body[:20])
            out = b''
            while (name := self.names(path, at)) is not None:
                raw = os.fsencode(name)
                entry = struct.pack('<QQII', 99, at + 1, len(raw), 0) + raw
                entry += b'\0' * (-len(entry) % 8)
                if len(out) + len(entry) > n:
                    break
                out += entry
                at += 1
            return out
        if op in (FLUSH, FSYNC, RELEASE, RELEASEDIR, ACCESS, DESTROY):
            return b''
        raise OSError(errno.ENOSYS, 'no')

    def lookup(self, path):
        is_it, mode = self.what(path), None
        if is_it is None:
            raise OSError(errno.ENOENT, path)
        if is_it == 'swap':
            self.looked[path] = self.looked.get(path, 0) + 1
            mode = stat.S_IFDIR | 0o755 if self.looked[path] == 1 else stat.S_IFLNK | 0o777
        key = (path, mode)
        if key not in self.paths:
            self.paths[key] = len(self.nodes) + 1
            self.nodes[self.paths[key]] = key
        node = self.paths[key]
        return struct.pack('<QQQQII', node, 0, 0, 0, 0, 0) + self.attr(node)
