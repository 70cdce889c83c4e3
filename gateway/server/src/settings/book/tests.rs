use super::super::of_directory;
use super::*;
use postern_identity::records::Stored;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// A store in memory that can be taken away.
#[derive(Default)]
struct Memory {
    rows: Mutex<BTreeMap<String, SettingRow>>,
    gone: AtomicBool,
}

impl Memory {
    fn told<T>(&self, value: T) -> Result<T, RecordsError> {
        if self.gone.load(Ordering::Relaxed) {
            Err(RecordsError::Unavailable)
        } else {
            Ok(value)
        }
    }
}

impl Settings for Memory {
    fn setting<'a>(&'a self, name: &'a str) -> Stored<'a, Option<SettingRow>> {
        let row = self.rows.lock().unwrap().get(name).cloned();
        Box::pin(async move { self.told(row) })
    }

    fn settings(&self) -> Stored<'_, Vec<SettingRow>> {
        let rows = self.rows.lock().unwrap().values().cloned().collect();
        Box::pin(async move { self.told(rows) })
    }

    fn set<'a>(&'a self, name: &'a str, value: Option<&'a str>, at: Timestamp) -> Stored<'a, ()> {
        let mut rows = self.rows.lock().unwrap();
        match value {
            None => drop(rows.remove(name)),
            Some(value) => {
                let (name, value) = (name.to_owned(), value.to_owned());
                rows.insert(name.clone(), SettingRow { name, value, at });
            }
        }
        Box::pin(async move { self.told(()) })
    }
}

const RESET: &str = "directories.people.self_service_reset";
const PASSWORD: &str = "directories.people.password";

fn definitions() -> Vec<Definition> {
    let mut all = of_directory("people", true);
    all.extend(of_directory("elsewhere", false));
    all
}

fn with(store: &Arc<Memory>, file: &[(String, Value)]) -> SettingsBook {
    SettingsBook::new(definitions(), file, Some(Arc::clone(store) as _))
}

#[tokio::test]
async fn the_store_overrules_the_file_and_the_file_the_default() {
    let store = Arc::new(Memory::default());
    let nobody = with(&store, &[]);
    let told = nobody.get(RESET).await.unwrap();
    assert_eq!(
        (told.value, told.origin, told.at),
        (Value::Switch(false), Origin::Default, None)
    );
    let written = with(&store, &[(RESET.to_owned(), Value::Switch(true))]);
    let told = written.get(RESET).await.unwrap();
    assert_eq!((told.value, told.origin), (Value::Switch(true), Origin::File));
    let at = Timestamp::UNIX_EPOCH;
    let told = written.set(RESET, Some("false"), at).await.unwrap();
    assert_eq!(
        (told.value, told.origin, told.at),
        (Value::Switch(false), Origin::Store, Some(at))
    );
    assert_eq!(told.in_file, Some(Value::Switch(true)));
    // Another book over the same store, as another gateway has it, finds it so at once.
    assert_eq!(with(&store, &[]).get(RESET).await.unwrap().origin, Origin::Store);
    let told = written.set(RESET, None, at).await.unwrap();
    assert_eq!((told.value, told.origin), (Value::Switch(true), Origin::File));
    // The file is saved anew.
    assert!(written.file_says(&[]) && !written.file_says(&[]));
    assert_eq!(written.get(RESET).await.unwrap().origin, Origin::Default);
}

#[tokio::test]
async fn every_setting_there_is_is_listed_by_name() {
    let listed = with(&Arc::default(), &[]).list().await.unwrap();
    let names: Vec<_> = listed
        .iter()
        .map(|effective| effective.definition.name.as_str())
        .collect();
    assert_eq!(names, ["directories.elsewhere.self_service_reset", PASSWORD, RESET]);
}

#[tokio::test]
async fn who_asks_for_what_there_is_not_is_told_the_nearest() {
    let store = Arc::new(Memory::default());
    let book = with(&store, &[]);
    let asked = |name: &'static str, value: &'static str| {
        let book = &book;
        async move {
            book.set(name, Some(value), Timestamp::UNIX_EPOCH)
                .await
                .unwrap_err()
                .to_string()
        }
    };
    assert_eq!(
        asked("directories.people.self_service_rest", "true").await,
        format!("there is no setting \"directories.people.self_service_rest\": did you mean {RESET:?}?")
    );
    assert_eq!(
        asked(PASSWORD, "requird").await,
        format!("\"requird\" is no value of {PASSWORD}: did you mean \"required\"?")
    );
    assert_eq!(
        asked(RESET, "yes").await,
        format!("\"yes\" is no value of {RESET}: one of \"true\", \"false\"")
    );
    // A directory that is not embedded has no passwords of its own to require.
    assert!(book.get("directories.elsewhere.password").await.is_err());
    assert!(store.rows.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_value_that_fits_no_longer_counts_as_not_set() {
    let store = Arc::new(Memory::default());
    store
        .set(PASSWORD, Some("mandatory"), Timestamp::UNIX_EPOCH)
        .await
        .unwrap();
    let told = with(&store, &[]).get(PASSWORD).await.unwrap();
    assert_eq!((told.value, told.origin), (Value::Word(REQUIRED), Origin::Default));
}

#[tokio::test]
async fn where_the_store_cannot_be_asked_the_careful_value_holds() {
    let store = Arc::new(Memory::default());
    let file = [
        (RESET.to_owned(), Value::Switch(true)),
        (PASSWORD.to_owned(), Value::Word(super::super::OPTIONAL)),
    ];
    let book = with(&store, &file);
    assert!(book.self_service_reset("people").await && !book.password_required("people").await);
    store.gone.store(true, Ordering::Relaxed);
    assert!(!book.self_service_reset("people").await && book.password_required("people").await);
    assert_eq!(book.list().await, Err(SettingsError::Store(RecordsError::Unavailable)));
    // Without a store there is nothing to ask, and nothing can be set.
    let alone = SettingsBook::new(definitions(), &file, None);
    assert!(alone.self_service_reset("people").await);
    let refused = alone.set(RESET, None, Timestamp::UNIX_EPOCH).await;
    assert_eq!(refused, Err(SettingsError::NoStore));
}
