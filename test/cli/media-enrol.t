# a force in mid-story, on either kind of database: which computer measured is known by its key, and by nothing that somebody types
$ cp -r "$TREE/regulations/handling" pack && cd pack/scenarios && rm [j-z]*.yaml i-collected.yaml && sed -n '/09:59:59/q;p' i-media.yaml >s && mv s i-media.yaml
$ "$TREE/test/cli/media-enrol-story" a >a.told 2>&1; cat a.told
* no key
This computer shows no key. Enrol it as a station: `tsujiban media enrol`.
* who is no officer enrols nothing
  H-4-1-1.4  Any system security officer must do this: Enrol as a station for media
* enrolled
ENROLLED  KB  until 2027-08-25
  key  KEY
600
DONE
* the key of another computer, and one that nobody enrolled
This computer is not the one that was named.
The key of this computer is not in the register of devices: it was not enrolled, or was withdrawn.
HERE/short is no key of a station; `tsujiban media enrol` makes one
HERE/none is no key of a station; `tsujiban media enrol` makes one
* renewed: the key before counts no more
ENROLLED  KB  until 2026-09-04
  key  KEY
DONE
The key of this computer is not in the register of devices: it was not enrolled, or was withdrawn.
* withdrawn, and enrolled again
allowed
The key of this computer is past its last day, or the device is gone. Renew it: `tsujiban media enrol`.
ENROLLED  KB  until 2026-09-04
  key  KEY
DONE
* past its last day
The key of this computer is past its last day, or the device is gone. Renew it: `tsujiban media enrol`.
* the ledger says by which station, and what was refused
sound
verified
acts at: 3 keys of 1 station
1 "in":{"act":"trail-lines/output","why":"no-key"}
1 "in":{"act":"trail-lines/output",KEY,"named":"KB","why":"other"}
2 "in":{"act":"trail-lines/output",KEY,"why":"not-enrolled"}
2 "in":{"act":"trail-lines/output",KEY,"why":"over"}
$ "$TREE/test/cli/media-enrol-story" b --db "$PG1" >b.told 2>&1; diff a.told b.told

# wrong usage
$ tsujiban media enrol --data a --as person-r --sign-in r
tsujiban: media enrol: name this computer: --at
[2]
$ tsujiban media enrol --data a --as person-r --sign-in r --at PC-01 --days 0
tsujiban: media enrol: --days takes a number from 1 to 1096
[2]
