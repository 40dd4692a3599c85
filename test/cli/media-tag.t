# a force in mid-story, served
$ cp -r "$TREE/regulations/handling" pack && cd pack/scenarios && rm [j-z]*.yaml i-collected.yaml && sed -n '/09:59:59/q;p' i-media.yaml >s && mv s i-media.yaml
$ tsujiban demo --no-serve --pack pack --story i-media --data a 2>/dev/null >who; for x in k p; do sed -n "s/^person-$x\t\([^\t]*\).*/\1/p" who >$x; done; wc -w <k
1
$ (timeout 200 tsujiban serve --data a --listen 127.0.0.1:0 >log 2>&1 & echo $! >pid); until test -S a/keeper.sock; do sleep 0.1; done; "$WITH_MEDIA" --advance a 2026-08-25T10:20; "$TREE/test/cli/definitions" "$SCANNER" 2026-08-25 >/dev/null 2>&1; echo BT-2026-0001 >m014
$ "$TREE/test/cli/enrol" a who PC-01 PC-02 CHK-1

# a medium is known by its tag, a copy by what it lacks, and each is refused, found and told
$ unshare -m --propagation private "$TREE/test/cli/media-tag-story"
the first use
0  The medium tells no serial number, so M-014 is only what was typed. Compare the number on its housing with the register.
DONE
0  DONE
a copy, of which both are used
0  DONE
3  REFUSED (forbidden)  The tag of M-014 is not what the register holds. It may be a copy, or the one of which a copy was used. Do not use it; hand it to who manages media.
FOUND  TN  other-medium  tag
0  DONE
a copy that is used first
0  DONE
3  REFUSED (forbidden)  The tag of M-014 is not what the register holds. It may be a copy, or the one of which a copy was used. Do not use it; hand it to who manages media.
FOUND  TN  other-medium  tag
the register says the copy's; it goes on
0  DONE
killed before the register knows
137
0  DONE
0  DONE
only read
CLEAN  相談.csv
CHECKED  BK
the same tag
another size, with the tag of the one
3  REFUSED (forbidden)  This is not M-014: its capacity in bytes is 9437184, and the register says 8388608. It may have been exchanged. Take it off, and hand it to who manages media.
FOUND  TN  other-medium  capacity
formatted
3  REFUSED (forbidden)  M-014 lacks the tag that it got when it was used before. It may have been formatted, or exchanged. Do not use it; hand it to who manages media.
FOUND  TN  other-medium  no-tag
the other one's name
REFUSED (forbidden)  This is not M-015: its tag is that of M-014. Connect the right one; tell who manages media.
FOUND  TN  other-medium  tag
who manages it looks, and has it made anew
allowed
0  The medium tells no serial number, so M-014 is only what was typed. Compare the number on its housing with the register.
DONE
0  DONE
3  受け付けず (禁止)  M-014の標識が管理簿と一致しません。複製された媒体か、複製を使った後の元の媒体のおそれがあります。使わずに、媒体の管理者に渡してください。
検出  TN  other-medium  tag
$ tsujiban ledger verify --data a | sed -n "s/.*: //p" | tail -1
sound
$ kill "$(cat pid)"
