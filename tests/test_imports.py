"""No circle among all files, imports for types and inside functions counted."""

import grimp


def circles(imports: dict[str, set[str]]) -> list[str]:
    """A way round, if there is one: files without imports are taken away until none is left."""
    left = {name: set(imported) for name, imported in imports.items()}
    while free := {name for name, imported in left.items() if not imported}:
        left = {name: imported - free for name, imported in left.items() if name not in free}
    return sorted(left)


def test_no_file_imports_itself_by_way_of_others() -> None:
    graph = grimp.build_graph("striate", exclude_type_checking_imports=False, cache_dir=None)
    imports = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    assert len(imports) > 200
    assert circles(imports) == []


def test_a_circle_would_be_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": set()}) == ["a", "b", "c"]
    assert circles({"a": {"b"}, "b": {"c"}, "c": set()}) == []
