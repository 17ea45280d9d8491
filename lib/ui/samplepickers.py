"""Controls for where labels come from: a map, features, drawings, or a finished sample table."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from lib.core.errors import AppError
from lib.core.formats import count_words
from lib.core.imagery_plan import FORMS
from lib.core.plan import LabelPlan
from lib.core.tables.reading import TABLE_SUFFIXES
from lib.core.vectors.reading import VECTOR_SUFFIXES
from lib.ui import labeldraw, sampledata, state
from lib.ui.guard import guard, plain, slot
from lib.ui.parts import FORM_WORDS, section_key
from lib.ui.state import key_for
from lib.workflow import labels as source
from lib.workflow import samples, uploads
from lib.workflow.project import Workspace

CLASS_WORDS = ("class", "cover", "label", "type", "category")
KINDS = {
    "map": "Reference map",
    "features": "Own polygons or points",
    "drawn": "Drawn here",
    "table": "Finished table",
}
NONE = "–"


def labels(ws: Workspace) -> None:
    """Offer the kind of label source and the source itself; changes are kept at once."""
    plan = ws.project.labels
    kind = st.selectbox(
        "Labels from",
        list(KINDS),
        index=list(KINDS).index(plan.kind),
        format_func=KINDS.__getitem__,
        key=key_for(ws, "label-kind"),
        help="A reference map knows every pixel but errs; own polygons are few but yours. A "
        "finished table brings predictors along.",
    )
    slot("labels")
    if kind != plan.kind:
        _keep(ws, _first_of(ws, kind, plan))
    with guard():
        {"map": _map, "features": _features, "drawn": labeldraw.controls, "table": _table}[kind](ws)
        samples.refuse_mixing(ws)
    slot("class_property")


def _first_of(ws: Workspace, kind: str, plan: LabelPlan) -> LabelPlan:
    """Return a plan of another kind to begin with."""
    first = LabelPlan(kind, "", "", drawn=plan.drawn)
    known = source.label_maps(ws)
    if kind == "map" and known:
        return replace(first, source=known[0].id, band=known[0].label_band)
    return first


def _keep(ws: Workspace, plan: LabelPlan) -> None:
    """Put a label plan into the project where it is another one."""
    if plan != ws.project.labels:
        source.choose(ws, plan)
        state.renew()
        st.rerun()


def _map(ws: Workspace) -> None:
    plan = ws.project.labels
    known = {item.id: item for item in source.label_maps(ws)}
    titles = {name: item.title for name, item in known.items()} | _own_maps(ws)
    if plan.source:
        titles.setdefault(plan.source, plan.source)
    ids = list(titles)
    chosen = st.selectbox(
        "Map",
        ids,
        index=ids.index(plan.source) if plan.source in titles else 0,
        format_func=titles.__getitem__,
        key=key_for(ws, "label-map"),
    )
    if chosen in known:
        _keep(ws, replace(plan, source=chosen, band=known[chosen].label_band, class_property=""))
        st.caption(f"Agreement with a map is not accuracy: it errs too. {known[chosen].citation}")
    else:
        if chosen != plan.source:
            _keep(ws, replace(source.find_map(ws, chosen), drawn=plan.drawn))
        _band(ws, plan)
    asset = _asset_id(ws, "map")
    if asset:
        _keep(ws, replace(source.find_map(ws, asset), drawn=plan.drawn))


def _own_maps(ws: Workspace) -> dict[str, str]:
    key = (ws.id, ws.connection.id, state.visit(), ws.project.files)
    own = state.latest("label-images", key, lambda: uploads.own_images(ws))
    return {image.id: f"Own raster · {image.name}" for image in own}


def _band(ws: Workspace, plan: LabelPlan) -> None:
    bands = state.latest("label-bands", plan.source, lambda: source.map_bands(ws, plan.source))
    if len(bands) < 2:
        return
    band = st.selectbox(
        "Band with the classes",
        bands,
        index=bands.index(plan.band) if plan.band in bands else 0,
        key=key_for(ws, f"label-band-{plan.source}"),
    )
    _keep(ws, replace(plan, band=band))


def _asset_id(ws: Workspace, kind: str) -> str:
    """Offer to type the id of an asset; return it once it is asked for, or an empty text."""
    with st.popover("Asset by its id", icon=":material/link:", key=key_for(ws, f"by-id-{kind}")):
        typed = st.text_input(
            "Asset id",
            placeholder="projects/my-project/assets/fields",
            key=key_for(ws, f"asset-{kind}"),
        ).strip()
        slot("collection")
        asked = st.button("Use it", key=f"use-asset-{kind}", disabled=not typed)
    return typed if asked else ""


def _features(ws: Workspace) -> None:
    plan = ws.project.labels
    if ws.connection.can.file_import:
        _upload(ws)
    key = (ws.id, ws.connection.id, state.visit(), ws.project.files)
    own = state.latest("tables", key, lambda: uploads.own_tables(ws))
    titles = {table.id: table.name for table in own}
    if plan.source:
        titles.setdefault(plan.source, plan.source)
    asset = _asset_id(ws, "features")
    if asset:
        columns = source.find_features(ws, asset)
        _keep(ws, LabelPlan("features", asset, "", _likely(columns, ""), drawn=plan.drawn))
    if not titles:
        st.caption("No polygons or points are here yet. Upload a file that has a class column.")
        return
    ids = list(titles)
    chosen = st.selectbox(
        "Features",
        ids,
        index=ids.index(plan.source) if plan.source in titles else 0,
        format_func=titles.__getitem__,
        key=key_for(ws, "label-table"),
    )
    asked = (ws.connection.id, chosen)
    columns = state.latest("feature-columns", asked, lambda: source.find_features(ws, chosen))
    if chosen != plan.source:
        _keep(ws, LabelPlan("features", chosen, "", _likely(columns, ""), drawn=plan.drawn))
    _keep(ws, _columns(ws, plan, columns))
    _unmatched(ws)


def _columns(ws: Workspace, plan: LabelPlan, columns: Sequence[str]) -> LabelPlan:
    """Offer the columns of class, group and part."""
    column = st.selectbox(
        "Class column",
        columns,
        index=list(columns).index(_likely(columns, plan.class_property)),
        key=key_for(ws, f"label-column-{plan.source}"),
    )
    with st.expander("More columns", key=section_key(ws, "columns")):
        group = _column_or_none(
            ws, "Group column", columns, plan.group_property,
            "Samples of one group are never parted, such as all polygons of a farm.",
        )  # fmt: skip
        part = _column_or_none(
            ws, "Part column", columns, plan.part_property,
            "Says training, validation or test; the split “As a column says” follows it.",
        )  # fmt: skip
    return replace(plan, class_property=column, group_property=group, part_property=part)


def _column_or_none(
    ws: Workspace, label: str, columns: Sequence[str], chosen: str, words: str = ""
) -> str:
    offered = [NONE, *columns]
    picked: str = st.selectbox(
        label,
        offered,
        index=offered.index(chosen) if chosen in columns else 0,
        key=key_for(ws, f"{label}-{ws.project.labels.source}"),
        help=words or None,
    )
    return "" if picked == NONE else picked


def _unmatched(ws: Workspace) -> None:
    """List values of the class column that are no class."""
    classes = sampledata.legend(ws)
    key = (ws.connection.id, ws.project.labels, classes)
    lost = state.latest("unmatched", key, lambda: source.unmatched(ws, classes))
    if lost:
        listed = ", ".join(f"“{text}” ({count:,})" for text, count in lost[:8])
        features = count_words(sum(count for _, count in lost), "feature")
        st.warning(
            plain(f"{features} of values that are no class: {listed}."), icon=":material/rule:"
        )


def _likely(columns: Sequence[str], chosen: str) -> str:
    """Return the column that was chosen, or else the first that sounds like classes."""
    if chosen in columns:
        return chosen
    telling = [name for name in columns if any(word in name.lower() for word in CLASS_WORDS)]
    return (telling or list(columns))[0]


def _upload(ws: Workspace) -> None:
    upload = st.file_uploader(
        "Vector file",
        type=[suffix.lstrip(".") for suffix in VECTOR_SUFFIXES],
        key=key_for(ws, "vector-file"),
        help="GeoJSON, GeoPackage, zipped shapefile, KML, or CSV with longitude and latitude.",
    )
    slot("vector")
    slot("upload")
    if upload and st.button("Import", key="import-features"):
        with guard(), st.spinner("Reading the features"):
            asset = samples.import_features(ws, upload.name, upload.getvalue())
            columns = source.find_features(ws, asset)
            told = source.notes_on_file(ws, upload.name, upload.getvalue())
            state.remember("upload-notes", told)
            _keep(ws, LabelPlan("features", asset, "", _likely(columns, "")))
    notes: tuple[str, ...] = state.remembered("upload-notes", tuple)
    for note in notes:
        st.info(plain(note), icon=":material/info:")


def _table(ws: Workspace) -> None:
    plan = ws.project.labels
    upload = st.file_uploader(
        "Sample table",
        type=sorted({suffix.rpartition(".")[2] for suffix in TABLE_SUFFIXES}),
        accept_multiple_files=True,
        key=key_for(ws, "sample-table"),
        help="Rows with a class and predictors: CSV, Parquet, GeoJSON, GeoPackage, or TFRecord "
        "files of an Earth Engine export together with their mixer.json.",
    )
    slot("upload")
    if upload and st.button("Take this table", key="take-table"):
        with guard(), st.spinner("Reading the table"):
            source.bring_table(ws, {file.name: file.getvalue() for file in upload})
            state.renew()
            st.rerun()
    if not plan.source:
        st.caption("No table is here yet. Its rows become samples; no imagery is needed to train.")
        return
    _table_columns(ws, plan)


def _table_columns(ws: Workspace, plan: LabelPlan) -> None:
    seen = state.latest("table-view", (ws.id, plan.source), lambda: source.table_view(ws))
    st.caption(plain(f"{', '.join(seen.files)} · {count_words(seen.rows, 'row')}"))
    names = [column.name for column in seen.columns]
    _form(ws)
    chosen = _columns(ws, plan, names)
    offered = [column.name for column in seen.columns if column.kind not in ("text", "empty")]
    count = len(plan.predictor_columns)
    with st.expander(f"Predictors · {count}", key=section_key(ws, "predictors")):
        picked = st.multiselect(
            "Columns that are predictors",
            offered,
            default=[name for name in plan.predictor_columns if name in offered],
            key=key_for(ws, f"predictors-{plan.source}"),
        )
        lon = _column_or_none(ws, "Longitude", names, plan.lon_property)
        lat = _column_or_none(ws, "Latitude", names, plan.lat_property)
    slot("samples")
    _keep(
        ws,
        replace(chosen, predictor_columns=tuple(picked), lon_property=lon, lat_property=lat),
    )
    classes = sampledata.legend(ws)
    key = (ws.id, ws.project.labels, classes)
    for note in state.latest("table-notes", key, lambda: source.table_notes(ws, classes)):
        st.warning(plain(note), icon=":material/rule:")


def _form(ws: Workspace) -> None:
    plan = ws.project.imagery
    form = st.segmented_control(
        "A row is",
        FORMS,
        default=plan.form,
        required=True,
        format_func=lambda name: FORM_WORDS[name],
        key=key_for(ws, "table-form"),
    )
    slot("form")
    if form != plan.form:
        try:
            ws.change(imagery=replace(plan, form=form))
        except AppError as error:
            st.error(plain(str(error)), icon=":material/error:")
        else:
            st.rerun()


def begin_with_table(ws: Workspace) -> None:
    """Offer to start the walk with a finished sample table, where no area is chosen."""
    with st.container(horizontal=True, horizontal_alignment="center"):
        if st.button("Start from a finished sample table", key="begin-with-table"):
            samples.begin_with_table(ws)
            state.renew()
            st.rerun()
