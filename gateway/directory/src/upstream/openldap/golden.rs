//! What Debian's slapd 2.5.13 with `ppolicy_use_lockout` answered to binds, and what each answer means.

use postern_identity::State::{self, Active, Expired, ExpiredGrace, Expiring, MustChange, Unknown};
use postern_identity::{LockedBy, Proven};

/// One bind: the case, the whole answer in hexadecimal, the state and whether the password was proven.
pub(super) type Case = (&'static str, &'static str, State, Proven);

const LOCKED: State = State::Locked {
    by: LockedBy::Unsaid,
    until: None,
};

/// With the password policy request control: whole messages as they came off the socket.
#[rustfmt::skip]
pub(super) const ASKED: &[Case] = &[
    ("correct password", "302f02010161070a010004000400a021301f0419312e332e362e312e342e312e34322e322e32372e382e352e3104023000", Active, Proven::Yes),
    ("wrong password", "302f02010161070a013104000400a021301f0419312e332e362e312e342e312e34322e322e32372e382e352e3104023000", Unknown, Proven::No),
    ("must change, correct", "303202010161070a010004000400a02430220419312e332e362e312e342e312e34322e322e32372e382e352e3104053003810102", MustChange, Proven::Yes),
    ("must change, wrong", "302f02010161070a013104000400a021301f0419312e332e362e312e342e312e34322e322e32372e382e352e3104023000", Unknown, Proven::No),
    ("locked, correct", "303202010161070a013104000400a02430220419312e332e362e312e342e312e34322e322e32372e382e352e3104053003810101", LOCKED, Proven::Unknown),
    ("locked, wrong", "303202010161070a013104000400a02430220419312e332e362e312e342e312e34322e322e32372e382e352e3104053003810101", LOCKED, Proven::Unknown),
    ("locked + must change, correct", "303202010161070a013104000400a02430220419312e332e362e312e342e312e34322e322e32372e382e352e3104053003810101", LOCKED, Proven::Unknown),
    ("expired, correct", "303202010161070a013104000400a02430220419312e332e362e312e342e312e34322e322e32372e382e352e3104053003810100", Expired, Proven::Yes),
    ("expired, wrong", "302f02010161070a013104000400a021301f0419312e332e362e312e342e312e34322e322e32372e382e352e3104023000", Unknown, Proven::No),
    ("expired + must change, correct", "303702010161070a010004000400a02930270419312e332e362e312e342e312e34322e322e32372e382e352e31040a3008a003800100810102", MustChange, Proven::Yes),
    ("expiring (5 days), correct", "303602010161070a010004000400a02830260419312e332e362e312e342e312e34322e322e32372e382e352e3104093007a0058003069780", Expiring { seconds: 432_000 }, Proven::Yes),
    ("expiring, wrong", "302f02010161070a013104000400a021301f0419312e332e362e312e342e312e34322e322e32372e382e352e3104023000", Unknown, Proven::No),
    ("grace 1st", "303402010161070a010004000400a02630240419312e332e362e312e342e312e34322e322e32372e382e352e3104073005a003810102", ExpiredGrace { left: 2 }, Proven::Yes),
    ("grace 2nd", "303402010161070a010004000400a02630240419312e332e362e312e342e312e34322e322e32372e382e352e3104073005a003810101", ExpiredGrace { left: 1 }, Proven::Yes),
    ("grace 3rd", "303402010161070a010004000400a02630240419312e332e362e312e342e312e34322e322e32372e382e352e3104073005a003810100", ExpiredGrace { left: 0 }, Proven::Yes),
    ("grace used up", "303202010161070a013104000400a02430220419312e332e362e312e342e312e34322e322e32372e382e352e3104053003810100", Expired, Proven::Yes),
    ("unknown user", "300c02010161070a013104000400", Unknown, Proven::No),
    ("unknown suffix", "300c02010161070a013104000400", Unknown, Proven::No),
    ("empty password, known user", "3041020101613c0a013504000435756e61757468656e746963617465642062696e642028444e2077697468206e6f2070617373776f72642920646973616c6c6f776564", Unknown, Proven::Unknown),
    ("empty DN and password (anonymous)", "300c02010161070a010004000400", Active, Proven::Yes),
    ("DN that cannot be parsed", "301602010161110a01220400040a696e76616c696420444e", Unknown, Proven::Unknown),
];

/// Without it: messages of the codes and texts that were seen. "Must change" looks like any success, and a lock like any failure.
#[rustfmt::skip]
pub(super) const NOT_ASKED: &[Case] = &[
    ("correct password", "300c02010161070a010004000400", Active, Proven::Yes),
    ("wrong password", "300c02010161070a013104000400", Unknown, Proven::No),
    ("must change, correct", "300c02010161070a010004000400", Active, Proven::Yes),
    ("must change, wrong", "300c02010161070a013104000400", Unknown, Proven::No),
    ("locked, correct", "300c02010161070a013104000400", Unknown, Proven::No),
    ("locked, wrong", "300c02010161070a013104000400", Unknown, Proven::No),
    ("locked + must change, correct", "300c02010161070a013104000400", Unknown, Proven::No),
    ("expired, correct", "300c02010161070a013104000400", Unknown, Proven::No),
    ("expired, wrong", "300c02010161070a013104000400", Unknown, Proven::No),
    ("expired + must change, correct", "300c02010161070a010004000400", Active, Proven::Yes),
    ("expiring (5 days), correct", "300c02010161070a010004000400", Active, Proven::Yes),
    ("expiring, wrong", "300c02010161070a013104000400", Unknown, Proven::No),
    ("grace used up", "300c02010161070a013104000400", Unknown, Proven::No),
    ("unknown user", "300c02010161070a013104000400", Unknown, Proven::No),
    ("unknown suffix", "300c02010161070a013104000400", Unknown, Proven::No),
    ("empty password, known user", "3041020101613c0a013504000435756e61757468656e746963617465642062696e642028444e2077697468206e6f2070617373776f72642920646973616c6c6f776564", Unknown, Proven::Unknown),
    ("empty DN and password (anonymous)", "300c02010161070a010004000400", Active, Proven::Yes),
    ("DN that cannot be parsed", "301602010161110a01220400040a696e76616c696420444e", Unknown, Proven::Unknown),
];

/// Wrong passwords until the account locks at the fifth, and two more. The one that locks does not say so.
#[rustfmt::skip]
pub(super) const LOCKING: &[Case] = &[
    ("wrong 1", "302f02010161070a013104000400a021301f0419312e332e362e312e342e312e34322e322e32372e382e352e3104023000", Unknown, Proven::No),
    ("wrong 2", "302f02010161070a013104000400a021301f0419312e332e362e312e342e312e34322e322e32372e382e352e3104023000", Unknown, Proven::No),
    ("wrong 3", "302f02010161070a013104000400a021301f0419312e332e362e312e342e312e34322e322e32372e382e352e3104023000", Unknown, Proven::No),
    ("wrong 4", "302f02010161070a013104000400a021301f0419312e332e362e312e342e312e34322e322e32372e382e352e3104023000", Unknown, Proven::No),
    ("wrong 5", "302f02010161070a013104000400a021301f0419312e332e362e312e342e312e34322e322e32372e382e352e3104023000", Unknown, Proven::No),
    ("wrong 6", "303202010161070a013104000400a02430220419312e332e362e312e342e312e34322e322e32372e382e352e3104053003810101", LOCKED, Proven::Unknown),
    ("wrong 7", "303202010161070a013104000400a02430220419312e332e362e312e342e312e34322e322e32372e382e352e3104053003810101", LOCKED, Proven::Unknown),
];

/// The octets of a message written in hexadecimal.
pub(super) fn octets(hexadecimal: &str) -> Vec<u8> {
    (0..hexadecimal.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hexadecimal[at..at + 2], 16).unwrap())
        .collect()
}
