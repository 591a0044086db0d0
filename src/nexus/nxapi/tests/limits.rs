//! Time, size, and what is counted.

use super::*;

/// A deflate stream of fixed codes: one zero byte, then `repeats` times 258 more (RFC 1951 §3.2.6: the length code 285 is
/// 11000101, the distance code 0 is 00000), 13 bits for each.
fn zeros(repeats: usize) -> Vec<u8> {
    let bits = [1, 1, 0].into_iter().chain([0, 0, 1, 1, 0, 0, 0, 0]);
    let bits = bits.chain((0..repeats).flat_map(|_| [1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0]));
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let start = bytes.len();
    for (position, bit) in bits.enumerate() {
        if position % 8 == 0 {
            bytes.push(0);
        }
        bytes[start + position / 8] |= bit << (position % 8);
    }
    bytes
}

#[tokio::test]
async fn a_small_answer_that_becomes_a_huge_one_is_too_large() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        request(&mut stream).await;
        let body = zeros((40 << 20) / 258);
        assert!(body.len() < 300_000);
        let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).await.unwrap();
        // The client may hang up first.
        stream.write_all(&body).await.unwrap_or_default();
    });
    let client = client(url);
    let error = client.read(&[Query::PortChannels]).await.unwrap_err();
    assert!(matches!(error, ClientError::TooLarge { limit: 33_554_432, .. }), "{error:?}");
    let received = Transport::traffic(&client).received;
    assert!((32 << 20..34 << 20).contains(&received), "{received}");
}

#[tokio::test]
async fn a_write_without_an_answer_is_cut_off_and_not_repeated() {
    let (url, seen) = serve(vec![SILENCE.to_owned(), http("200 OK", "", EMPTY_CHANNELS)]).await;
    let settings = SwitchSettings { dialect: Some(Dialect::JsonRpc), ..settings(url) };
    let until = clock::now() + Duration::from_secs(5);
    let error = client_of(settings).configure(&["exit".to_owned()], Duration::from_secs(1), until).await;
    assert_eq!(error.unwrap_err().class(), Class::Timeout);
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_write_over_a_connection_that_is_closed_is_not_sent_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        request(&mut stream).await;
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", EMPTY_CHANNELS.len());
        stream.write_all(format!("{head}{EMPTY_CHANNELS}").as_bytes()).await.unwrap();
        assert!(request(&mut stream).await.contains("vlan 10"));
        drop(stream);
        // Whoever sends again does so before the call ends.
        listener
    });
    let client = client(url);
    client.read(&[Query::PortChannels]).await.unwrap().remove(0).unwrap();
    let limit = Duration::from_secs(5);
    let error = client.configure(&["vlan 10".to_owned()], limit, clock::now() + limit).await.unwrap_err();
    assert!(matches!(error, ClientError::Broken { .. }), "{error:?}");
    let listener = server.await.unwrap();
    assert!(tokio::time::timeout(Duration::from_millis(100), listener.accept()).await.is_err());
}

#[tokio::test]
async fn an_answer_that_stops_in_the_middle_is_cut_off_too() {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{SILENCE}");
    let (url, _) = serve(vec![head]).await;
    let asked = [(Encoding::Structured, "show version".to_owned())];
    let error = client(url).show(&asked, Duration::from_secs(1)).await.unwrap_err();
    assert_eq!(error.class(), Class::Timeout);
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{".to_owned();
    let (answer, seen) = check(vec![cut.clone(), cut], &[Query::Version]).await;
    assert_eq!((answer.unwrap_err().class(), seen.len()), (Class::Refused, 2));
}

#[tokio::test]
async fn a_slow_switch_is_asked_for_less_at_a_time() {
    let empty = || http("200 OK", "", EMPTY_CHANNELS);
    let (url, seen) = serve(vec![SILENCE.to_owned(), SILENCE.to_owned(), empty(), empty(), empty()]).await;
    let client = client_of(SwitchSettings { dialect: Some(Dialect::JsonRpc), ..settings(url) });
    let asked: Vec<_> = (0..12).map(|number| (Encoding::Text, format!("show {number}"))).collect();
    for (limit, answered) in [(1, false), (1, false), (60, true), (60, true), (60, true)] {
        assert_eq!(client.show(&asked, Duration::from_secs(limit)).await.is_ok(), answered);
    }
    let counts: Vec<_> = seen.lock().unwrap().iter().map(|request| request.matches("cli_ascii").count()).collect();
    assert_eq!(counts, [10, 5, 2, 4, 8]);
}

#[tokio::test]
async fn requests_and_bytes_are_counted() {
    let (url, seen) = serve(vec![http("200 OK", "", EMPTY_CHANNELS), http("200 OK", "", EMPTY_CHANNELS)]).await;
    let client = client(url);
    for number in 1..=2 {
        client.read(&[Query::PortChannels]).await.unwrap().remove(0).unwrap();
        let body = seen.lock().unwrap()[0].split_once("\r\n\r\n").unwrap().1.len() as u64;
        let received = EMPTY_CHANNELS.len() as u64;
        let expected = Traffic { requests: number, sent: number * body, received: number * received };
        assert_eq!(Transport::traffic(&client), expected);
    }
}
