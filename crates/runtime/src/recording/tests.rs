//! Containers, line forms and damage.

use super::*;
use flate2::{write::GzEncoder, Compression};
use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering};

/// A file that goes away with the test.
struct Temporary(PathBuf);

impl Temporary {
    fn new(content: &[u8]) -> Temporary {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("nanotick-rec-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, content).unwrap();
        Temporary(path)
    }
}
impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn gz(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn zst(content: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(content, ruzstd::encoding::CompressionLevel::Fastest)
}

type Read = Vec<(i64, String, Option<String>)>;

fn read(files: &[&[u8]]) -> Result<(Read, u64, Option<u64>), RecordingError> {
    let files: Vec<_> = files.iter().map(|content| Temporary::new(content)).collect();
    let paths: Vec<_> = files.iter().map(|f| f.0.clone()).collect();
    let mut recording = Recording::open(&paths)?;
    let mut messages = Vec::new();
    while let Some(m) = recording.next_message()? {
        let json = String::from_utf8_lossy(m.json.bytes()).into_owned();
        messages.push((m.recv_ns, json, m.address.map(str::to_string)));
    }
    Ok((messages, recording.bad_lines(), recording.first_bad().map(|b| b.line)))
}

#[test]
fn every_container_gives_the_same_messages() {
    let plain: &[u8] = b"1723161255030314667 {\"a\":1}\r\n\n1723161255030314668  {\"b\":[2, 3]}";
    let want = vec![
        (1723161255030314667, r#"{"a":1}"#.to_string(), None),
        (1723161255030314668, r#"{"b":[2, 3]}"#.to_string(), None),
    ];
    let two_frames = [zst(&plain[..20]), zst(&plain[20..])].concat();
    let two_members = [gz(&plain[..33]), gz(&plain[33..])].concat();
    for content in [plain, &gz(plain), &zst(plain), &two_frames, &two_members] {
        assert_eq!(read(&[content]).unwrap(), (want.clone(), 0, None));
    }
    assert_eq!(read(&[&gz(&plain[..28]), &zst(&plain[30..])]).unwrap(), (want, 0, None));
}

#[test]
fn the_stamps_unit_is_found_per_file() {
    let files: [&[u8]; 4] =
        [b"1660228022 {}", b"1660228022484 {}", b"1660228022484228 {}", b"1660228022484228123 {}"];
    let times: Vec<_> = read(&files).unwrap().0.iter().map(|m| m.0).collect();
    let want = [1660228022000000000, 1660228022484000000, 1660228022484228000, 1660228022484228123];
    assert_eq!(times, want);
}

#[test]
fn tagged_lines_and_bare_lines_are_read() {
    let content = br#"{"t":"header","format":2}
{"t":"http","conn":"X.http.0","ts":1626992741.301402,"url":"https://x/depth?symbol=AB","data":"{\"lastUpdateId\":6}"}
{"t":"connect","conn":"X.ws.1","ts":1.5,"addr":"wss://x/old"}
{"t":"connect","conn":"X.ws.1","ts":1.5,"addr":"wss://x/linear"}
{"t":"send","conn":"X.ws.1","ts":1.5,"data":"{}"}
{"t":"recv","conn":"X.ws.1","ts":1626992741.06217,"data":"{\"e\":\"\u00e9\ud83d\ude00\\n\/\"}"}
{"topic":"orderbook.500.XRPUSDT"}
"#;
    let want = vec![
        (
            1626992741301402000,
            r#"{"lastUpdateId":6}"#.to_string(),
            Some("https://x/depth?symbol=AB".to_string()),
        ),
        (1626992741062170000, "{\"e\":\"é😀\\n/\"}".to_string(), Some("wss://x/linear".to_string())),
        (0, r#"{"topic":"orderbook.500.XRPUSDT"}"#.to_string(), None),
    ];
    assert_eq!(read(&[content]).unwrap(), (want, 0, None));
}

#[test]
fn bad_lines_are_counted_with_their_place() {
    let cases: [&[u8]; 8] = [
        b"1723161255030314668{}",
        b"1723161255030314668 ",
        b"1723161255030314668 x",
        b"99999999999999999999 {}",
        b"\xff\x00",
        br#"{"t":"recv","conn":"x","ts":1.5,"data":"abc"#,
        br#"{"t":"recv","conn":"x","ts":"no","data":"abc"}"#,
        br#"{"t":"recv","conn":"x","ts":1.5,"data":"\ud800 "}"#,
    ];
    for bad in cases {
        let content = [b"1723161255030314667 {}\n", bad, b"\n1723161255030314669 {}\n"].concat();
        let (messages, bad_lines, first) = read(&[&content]).unwrap();
        assert_eq!((messages.len(), bad_lines, first), (2, 1, Some(2)), "{:?}", String::from_utf8_lossy(bad));
    }
}

#[test]
fn what_is_no_recording_is_refused_with_a_way_out() {
    let whole = gz(&b"1723161255030314667 {}\n".repeat(5000));
    let packed = zst(&b"1723161255030314667 {\"a\":7}\n".repeat(5000));
    let cases: [(&[u8], &str); 7] = [
        (b"", "it is empty"),
        (b"\n\n", "it is empty"),
        (b"time,price\n1,2\n", "none of its 2 lines is a message"),
        (b"PK\x03\x04....", "zip archive"),
        (&b"# nothing\n".repeat(500), "none of the first 100 lines"),
        (&whole[..whole.len() - 9], "damaged after line"),
        (&packed[..packed.len() / 2], "damaged after line"),
    ];
    for (content, want) in cases {
        let error = read(&[content]).unwrap_err();
        assert!(error.message.contains(want), "{error}");
        assert!(error.to_string().contains("\nhint: "));
    }
    let missing = Recording::open(&["/nowhere/x.gz"]).err().unwrap();
    assert!(missing.message.contains("/nowhere/x.gz: cannot be opened"), "{missing}");
    assert!(Recording::open::<&str>(&[]).is_err());
    assert!(Recording::open(&[std::env::temp_dir()]).err().unwrap().message.contains("is a directory"));
}

#[test]
fn a_message_has_its_padding() {
    let file = Temporary::new(b"1723161255030314667 {\"a\":1}\n");
    let mut recording = Recording::open(&[&file.0]).unwrap();
    let message = recording.next_message().unwrap().unwrap();
    assert_eq!(message.json.bytes(), br#"{"a":1}"#);
    recording.mark_bad("not JSON");
    assert_eq!(recording.first_bad().unwrap().line, 1);
}
