from django.core.files.storage import FileSystemStorage, Storage


class Bucket(Storage):
    """A storage whose files have no path on this machine, as in a bucket somewhere else."""

    def __init__(self, location):
        kept = FileSystemStorage(location=location)
        self._open, self._save, self.delete = kept._open, kept._save, kept.delete
        self.exists, self.size, self.listdir = kept.exists, kept.size, kept.listdir
