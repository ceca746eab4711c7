"""The messages of the APIs that this server knows, their enumerations, and what of them it refuses.

XX
a string; `int`, `num`, `bool`, `map` (free keys), `any` and `mask` (a field mask) are scalars; `[X]` is a list, `{X}` a
map of X; any other word is a message or an enumeration. REFUSED lists, message by message, the fields that Google has
and this server has not: sent, they are refused by name; a mask that asks for one gets an answer without it.
"""

TEXT = """
AddBandingRequest = bandedRange:BandedRange
AddBandingResponse = bandedRange:BandedRange
AddConditionalFormatRuleRequest = index:int rule:ConditionalFormatRule
AddDimensionGroupRequest = range:DimensionRange
AddDimensionGroupResponse = dimensionGroups:[DimensionGroup]
AddFilterViewRequest = filter:FilterView
AddFilterViewResponse = filter:FilterView
AddNamedRangeRequest = namedRange:NamedRange
AddNamedRangeResponse = namedRange:NamedRange
AddProtectedRangeRequest = protectedRange:ProtectedRange
AddProtectedRangeResponse = protectedRange:ProtectedRange
AddSheetRequest = properties:SheetProperties
AddSheetResponse = properties:SheetProperties
AppendCellsRequest = fields:mask rows:[RowData] sheetId:int
AppendDimensionRequest = dimension:Dimension length:int sheetId:int
AppendValuesResponse = spreadsheetId tableRange updates:UpdateValuesResponse
AutoFillRequest = range:GridRange sourceAndDestination:SourceAndDestination useAlternateSeries:bool
AutoResizeDimensionsRequest = dimensions:DimensionRange
BandedRange = bandedRangeId:int bandedRangeReference columnProperties:BandingProperties range:GridRange
    rowProperties:BandingProperties
BandingProperties = firstBandColor:Color firstBandColorStyle:ColorStyle footerColor:Color
    footerColorStyle:ColorStyle headerColor:Color headerColorStyle:ColorStyle secondBandColor:Color
    secondBandColorStyle:ColorStyle
BasicFilter = criteria:{FilterCriteria} filterSpecs:[FilterSpec] range:GridRange sortSpecs:[SortSpec]
BatchClearValuesByDataFilterRequest = dataFilters:[DataFilter]
BatchClearValuesByDataFilterResponse = clearedRanges:[str] spreadsheetId
BatchClearValuesRequest = ranges:[str]
BatchClearValuesResponse = clearedRanges:[str] spreadsheetId
BatchGetValuesByDataFilterRequest = dataFilters:[DataFilter] dateTimeRenderOption:DateTimeRenderOption
    majorDimension:Dimension valueRenderOption:ValueRenderOption
BatchGetValuesByDataFilterResponse = spreadsheetId valueRanges:[MatchedValueRange]
BatchGetValuesResponse = spreadsheetId valueRanges:[ValueRange]
BatchUpdateSpreadsheetRequest = includeSpreadsheetInResponse:bool requests:[Request] responseIncludeGridData:bool
    responseRanges:[str]
BatchUpdateSpreadsheetResponse = replies:[Response] spreadsheetId updatedSpreadsheet:Spreadsheet
BatchUpdateValuesByDataFilterRequest = data:[DataFilterValueRange] includeValuesInResponse:bool
    responseDateTimeRenderOption:DateTimeRenderOption responseValueRenderOption:ValueRenderOption
    valueInputOption:ValueInputOption
BatchUpdateValuesByDataFilterResponse = responses:[UpdateValuesByDataFilterResponse] spreadsheetId
    totalUpdatedCells:int totalUpdatedColumns:int totalUpdatedRows:int totalUpdatedSheets:int
BatchUpdateValuesRequest = data:[ValueRange] includeValuesInResponse:bool
    responseDateTimeRenderOption:DateTimeRenderOption responseValueRenderOption:ValueRenderOption
    valueInputOption:ValueInputOption
BatchUpdateValuesResponse = responses:[UpdateValuesResponse] spreadsheetId totalUpdatedCells:int
    totalUpdatedColumns:int totalUpdatedRows:int totalUpdatedSheets:int
BooleanCondition = type:ConditionType values:[ConditionValue]
BooleanRule = condition:BooleanCondition format:CellFormat
Border = color:Color colorStyle:ColorStyle style:Style width:int
Borders = bottom:Border left:Border right:Border top:Border
CellData = dataValidation:DataValidationRule effectiveFormat:CellFormat effectiveValue:ExtendedValue formattedValue
    hyperlink note textFormatRuns:[TextFormatRun] userEnteredFormat:CellFormat userEnteredValue:ExtendedValue
CellFormat = backgroundColor:Color backgroundColorStyle:ColorStyle borders:Borders
    horizontalAlignment:HorizontalAlign hyperlinkDisplayType:HyperlinkDisplayType numberFormat:NumberFormat
    padding:Padding textDirection:TextDirection textFormat:TextFormat textRotation:TextRotation
    verticalAlignment:VerticalAlign wrapStrategy:WrapStrategy
ClearBasicFilterRequest = sheetId:int
Channel = address expiration id kind resourceId resourceUri token type
ClearValuesRequest =
ClearValuesResponse = clearedRange spreadsheetId
Color = alpha:num blue:num green:num red:num
ColorStyle = rgbColor:Color themeColor:ThemeColorType
ConditionValue = relativeDate:RelativeDate userEnteredValue
ConditionalFormatRule = booleanRule:BooleanRule gradientRule:GradientRule ranges:[GridRange]
CopyPasteRequest = destination:GridRange pasteOrientation:PasteOrientation pasteType:PasteType source:GridRange
CopySheetToAnotherSpreadsheetRequest = destinationSpreadsheetId
CreateDeveloperMetadataRequest = developerMetadata:DeveloperMetadata
CreateDeveloperMetadataResponse = developerMetadata:DeveloperMetadata
CutPasteRequest = destination:GridCoordinate pasteType:PasteType source:GridRange
DataFilter = a1Range developerMetadataLookup:DeveloperMetadataLookup gridRange:GridRange
DataFilterValueRange = dataFilter:DataFilter majorDimension:Dimension values:[[any]]
DataValidationRule = condition:BooleanCondition inputMessage showCustomUi:bool strict:bool
DeleteBandingRequest = bandedRangeId:int
DeleteConditionalFormatRuleRequest = index:int sheetId:int
DeleteConditionalFormatRuleResponse = rule:ConditionalFormatRule
DeleteDeveloperMetadataRequest = dataFilter:DataFilter
DeleteDeveloperMetadataResponse = deletedDeveloperMetadata:[DeveloperMetadata]
DeleteDimensionGroupRequest = range:DimensionRange
DeleteDimensionGroupResponse = dimensionGroups:[DimensionGroup]
DeleteDimensionRequest = range:DimensionRange
DeleteDuplicatesRequest = comparisonColumns:[DimensionRange] range:GridRange
DeleteDuplicatesResponse = duplicatesRemovedCount:int
DeleteFilterViewRequest = filterId:int
DeleteNamedRangeRequest = namedRangeId
DeleteProtectedRangeRequest = protectedRangeId:int
DeleteRangeRequest = range:GridRange shiftDimension:Dimension
DeleteSheetRequest = sheetId:int
DeveloperMetadata = location:DeveloperMetadataLocation metadataId:int metadataKey metadataValue
    visibility:DeveloperMetadataVisibility
DeveloperMetadataLocation = dimensionRange:DimensionRange locationType:DeveloperMetadataLocationType sheetId:int
    spreadsheet:bool
DeveloperMetadataLookup = locationMatchingStrategy:DeveloperMetadataLocationMatchingStrategy
    locationType:DeveloperMetadataLocationType metadataId:int metadataKey metadataLocation:DeveloperMetadataLocation
    metadataValue visibility:DeveloperMetadataVisibility
DimensionGroup = collapsed:bool depth:int range:DimensionRange
DimensionProperties = developerMetadata:[DeveloperMetadata] hiddenByFilter:bool hiddenByUser:bool pixelSize:int
DimensionRange = dimension:Dimension endIndex:int sheetId:int startIndex:int
DuplicateFilterViewRequest = filterId:int
DuplicateFilterViewResponse = filter:FilterView
DuplicateSheetRequest = insertSheetIndex:int newSheetId:int newSheetName sourceSheetId:int
DuplicateSheetResponse = properties:SheetProperties
Editors = domainUsersCanEdit:bool groups:[str] users:[str]
ErrorValue = message type:ErrorType
ExtendedValue = boolValue:bool errorValue:ErrorValue formulaValue numberValue:num stringValue
File = mimeType name parents:[str] trashed:bool
FilterCriteria = condition:BooleanCondition hiddenValues:[str] visibleBackgroundColor:Color
    visibleBackgroundColorStyle:ColorStyle visibleForegroundColor:Color visibleForegroundColorStyle:ColorStyle
FilterSpec = columnIndex:int filterCriteria:FilterCriteria
FilterView = criteria:{FilterCriteria} filterSpecs:[FilterSpec] filterViewId:int namedRangeId range:GridRange
    sortSpecs:[SortSpec] title
FindReplaceRequest = allSheets:bool find includeFormulas:bool matchCase:bool matchEntireCell:bool range:GridRange
    replacement searchByRegex:bool sheetId:int
FindReplaceResponse = formulasChanged:int occurrencesChanged:int rowsChanged:int sheetsChanged:int valuesChanged:int
GetSpreadsheetByDataFilterRequest = dataFilters:[DataFilter] includeGridData:bool
GradientRule = maxpoint:InterpolationPoint midpoint:InterpolationPoint minpoint:InterpolationPoint
GridCoordinate = columnIndex:int rowIndex:int sheetId:int
GridData = columnMetadata:[DimensionProperties] rowData:[RowData] rowMetadata:[DimensionProperties] startColumn:int
    startRow:int
GridProperties = columnCount:int columnGroupControlAfter:bool frozenColumnCount:int frozenRowCount:int
    hideGridlines:bool rowCount:int rowGroupControlAfter:bool
GridRange = endColumnIndex:int endRowIndex:int sheetId:int startColumnIndex:int startRowIndex:int
InsertDimensionRequest = inheritFromBefore:bool range:DimensionRange
InsertRangeRequest = range:GridRange shiftDimension:Dimension
InterpolationPoint = color:Color colorStyle:ColorStyle type:InterpolationPointType value
IterativeCalculationSettings = convergenceThreshold:num maxIterations:int
Link = uri
MatchedDeveloperMetadata = dataFilters:[DataFilter] developerMetadata:DeveloperMetadata
MatchedValueRange = dataFilters:[DataFilter] valueRange:ValueRange
MergeCellsRequest = mergeType:MergeType range:GridRange
MoveDimensionRequest = destinationIndex:int source:DimensionRange
NamedRange = name namedRangeId range:GridRange
NumberFormat = pattern type:NumberFormatType
Padding = bottom:int left:int right:int top:int
PasteDataRequest = coordinate:GridCoordinate data delimiter html:bool type:PasteType
Permission = domain emailAddress role type
ProtectedRange = description editors:Editors namedRangeId protectedRangeId:int range:GridRange
    requestingUserCanEdit:bool unprotectedRanges:[GridRange] warningOnly:bool
RandomizeRangeRequest = range:GridRange
RepeatCellRequest = cell:CellData fields:mask range:GridRange
Request = addBanding:AddBandingRequest addConditionalFormatRule:AddConditionalFormatRuleRequest
    addDimensionGroup:AddDimensionGroupRequest addFilterView:AddFilterViewRequest addNamedRange:AddNamedRangeRequest
    addProtectedRange:AddProtectedRangeRequest addSheet:AddSheetRequest appendCells:AppendCellsRequest
    appendDimension:AppendDimensionRequest autoFill:AutoFillRequest autoResizeDimensions:AutoResizeDimensionsRequest
    clearBasicFilter:ClearBasicFilterRequest copyPaste:CopyPasteRequest
    createDeveloperMetadata:CreateDeveloperMetadataRequest cutPaste:CutPasteRequest
    deleteBanding:DeleteBandingRequest deleteConditionalFormatRule:DeleteConditionalFormatRuleRequest
    deleteDeveloperMetadata:DeleteDeveloperMetadataRequest deleteDimension:DeleteDimensionRequest
    deleteDimensionGroup:DeleteDimensionGroupRequest deleteDuplicates:DeleteDuplicatesRequest
    deleteFilterView:DeleteFilterViewRequest deleteNamedRange:DeleteNamedRangeRequest
    deleteProtectedRange:DeleteProtectedRangeRequest deleteRange:DeleteRangeRequest deleteSheet:DeleteSheetRequest
    duplicateFilterView:DuplicateFilterViewRequest duplicateSheet:DuplicateSheetRequest
    findReplace:FindReplaceRequest insertDimension:InsertDimensionRequest insertRange:InsertRangeRequest
    mergeCells:MergeCellsRequest moveDimension:MoveDimensionRequest pasteData:PasteDataRequest
    randomizeRange:RandomizeRangeRequest repeatCell:RepeatCellRequest setBasicFilter:SetBasicFilterRequest
    setDataValidation:SetDataValidationRequest sortRange:SortRangeRequest textToColumns:TextToColumnsRequest
    trimWhitespace:TrimWhitespaceRequest unmergeCells:UnmergeCellsRequest updateBanding:UpdateBandingRequest
    updateBorders:UpdateBordersRequest updateCells:UpdateCellsRequest
    updateConditionalFormatRule:UpdateConditionalFormatRuleRequest
    updateDeveloperMetadata:UpdateDeveloperMetadataRequest updateDimensionGroup:UpdateDimensionGroupRequest
    updateDimensionProperties:UpdateDimensionPropertiesRequest updateFilterView:UpdateFilterViewRequest
    updateNamedRange:UpdateNamedRangeRequest updateProtectedRange:UpdateProtectedRangeRequest
    updateSheetProperties:UpdateSheetPropertiesRequest
    updateSpreadsheetProperties:UpdateSpreadsheetPropertiesRequest
Response = addBanding:AddBandingResponse addDimensionGroup:AddDimensionGroupResponse
    addFilterView:AddFilterViewResponse addNamedRange:AddNamedRangeResponse
    addProtectedRange:AddProtectedRangeResponse addSheet:AddSheetResponse
    createDeveloperMetadata:CreateDeveloperMetadataResponse
    deleteConditionalFormatRule:DeleteConditionalFormatRuleResponse
    deleteDeveloperMetadata:DeleteDeveloperMetadataResponse deleteDimensionGroup:DeleteDimensionGroupResponse
    deleteDuplicates:DeleteDuplicatesResponse duplicateFilterView:DuplicateFilterViewResponse
    duplicateSheet:DuplicateSheetResponse findReplace:FindReplaceResponse trimWhitespace:TrimWhitespaceResponse
    updateConditionalFormatRule:UpdateConditionalFormatRuleResponse
    updateDeveloperMetadata:UpdateDeveloperMetadataResponse
RowData = values:[CellData]
SearchDeveloperMetadataRequest = dataFilters:[DataFilter]
SearchDeveloperMetadataResponse = matchedDeveloperMetadata:[MatchedDeveloperMetadata]
SetBasicFilterRequest = filter:BasicFilter
SetDataValidationRequest = filteredRowsIncluded:bool range:GridRange rule:DataValidationRule
Sheet = bandedRanges:[BandedRange] basicFilter:BasicFilter columnGroups:[DimensionGroup]
    conditionalFormats:[ConditionalFormatRule] data:[GridData] developerMetadata:[DeveloperMetadata]
    filterViews:[FilterView] merges:[GridRange] properties:SheetProperties protectedRanges:[ProtectedRange]
    rowGroups:[DimensionGroup]
SheetProperties = gridProperties:GridProperties hidden:bool index:int rightToLeft:bool sheetId:int
    sheetType:SheetType tabColor:Color tabColorStyle:ColorStyle title
SortRangeRequest = range:GridRange sortSpecs:[SortSpec]
SortSpec = backgroundColor:Color backgroundColorStyle:ColorStyle dimensionIndex:int foregroundColor:Color
    foregroundColorStyle:ColorStyle sortOrder:SortOrder
SourceAndDestination = dimension:Dimension fillLength:int source:GridRange
Spreadsheet = developerMetadata:[DeveloperMetadata] namedRanges:[NamedRange] properties:SpreadsheetProperties
    sheets:[Sheet] spreadsheetId spreadsheetUrl
SpreadsheetProperties = autoRecalc:RecalculationInterval defaultFormat:CellFormat
    importFunctionsExternalUrlAccessAllowed:bool iterativeCalculationSettings:IterativeCalculationSettings locale
    spreadsheetTheme:SpreadsheetTheme timeZone title
SpreadsheetTheme = primaryFontFamily themeColors:[ThemeColorPair]
TextFormat = bold:bool fontFamily fontSize:int foregroundColor:Color foregroundColorStyle:ColorStyle italic:bool
    link:Link strikethrough:bool underline:bool
TextFormatRun = format:TextFormat startIndex:int
TextRotation = angle:int vertical:bool
TextToColumnsRequest = delimiter delimiterType:DelimiterType source:GridRange
ThemeColorPair = color:ColorStyle colorType:ThemeColorType
TrimWhitespaceRequest = range:GridRange
TrimWhitespaceResponse = cellsChangedCount:int
UnmergeCellsRequest = range:GridRange
UpdateBandingRequest = bandedRange:BandedRange fields:mask
UpdateBordersRequest = bottom:Border innerHorizontal:Border innerVertical:Border left:Border range:GridRange
    right:Border top:Border
UpdateCellsRequest = fields:mask range:GridRange rows:[RowData] start:GridCoordinate
UpdateConditionalFormatRuleRequest = index:int newIndex:int rule:ConditionalFormatRule sheetId:int
UpdateConditionalFormatRuleResponse = newIndex:int newRule:ConditionalFormatRule oldIndex:int
    oldRule:ConditionalFormatRule
UpdateDeveloperMetadataRequest = dataFilters:[DataFilter] developerMetadata:DeveloperMetadata fields:mask
UpdateDeveloperMetadataResponse = developerMetadata:[DeveloperMetadata]
UpdateDimensionGroupRequest = dimensionGroup:DimensionGroup fields:mask
UpdateDimensionPropertiesRequest = fields:mask properties:DimensionProperties range:DimensionRange
UpdateFilterViewRequest = fields:mask filter:FilterView
UpdateNamedRangeRequest = fields:mask namedRange:NamedRange
UpdateProtectedRangeRequest = fields:mask protectedRange:ProtectedRange
UpdateSheetPropertiesRequest = fields:mask properties:SheetProperties
UpdateSpreadsheetPropertiesRequest = fields:mask properties:SpreadsheetProperties
UpdateValuesByDataFilterResponse = dataFilter:DataFilter updatedCells:int updatedColumns:int updatedData:ValueRange
    updatedRange updatedRows:int
UpdateValuesResponse = spreadsheetId updatedCells:int updatedColumns:int updatedData:ValueRange updatedRange
    updatedRows:int
ValueRange = majorDimension:Dimension range values:[[any]]
"""

ENUMERATIONS = """
ConditionType = CONDITION_TYPE_UNSPECIFIED NUMBER_GREATER NUMBER_GREATER_THAN_EQ NUMBER_LESS NUMBER_LESS_THAN_EQ
    NUMBER_EQ NUMBER_NOT_EQ NUMBER_BETWEEN NUMBER_NOT_BETWEEN TEXT_CONTAINS TEXT_NOT_CONTAINS TEXT_STARTS_WITH
    TEXT_ENDS_WITH TEXT_EQ TEXT_IS_EMAIL TEXT_IS_URL DATE_EQ DATE_BEFORE DATE_AFTER DATE_ON_OR_BEFORE
    DATE_ON_OR_AFTER DATE_BETWEEN DATE_NOT_BETWEEN DATE_IS_VALID ONE_OF_RANGE ONE_OF_LIST BLANK NOT_BLANK
    CUSTOM_FORMULA BOOLEAN TEXT_NOT_EQ DATE_NOT_EQ FILTER_EXPRESSION
DateTimeRenderOption = SERIAL_NUMBER FORMATTED_STRING
DelimiterType = DELIMITER_TYPE_UNSPECIFIED COMMA SEMICOLON PERIOD SPACE CUSTOM AUTODETECT
DeveloperMetadataLocationMatchingStrategy = DEVELOPER_METADATA_LOCATION_MATCHING_STRATEGY_UNSPECIFIED EXACT_LOCATION
    INTERSECTING_LOCATION
DeveloperMetadataLocationType = DEVELOPER_METADATA_LOCATION_TYPE_UNSPECIFIED ROW COLUMN SHEET SPREADSHEET
DeveloperMetadataVisibility = DEVELOPER_METADATA_VISIBILITY_UNSPECIFIED DOCUMENT PROJECT
Dimension = DIMENSION_UNSPECIFIED ROWS COLUMNS
ErrorType = ERROR_TYPE_UNSPECIFIED ERROR NULL_VALUE DIVIDE_BY_ZERO VALUE REF NAME NUM N_A LOADING
HorizontalAlign = HORIZONTAL_ALIGN_UNSPECIFIED LEFT CENTER RIGHT
HyperlinkDisplayType = HYPERLINK_DISPLAY_TYPE_UNSPECIFIED LINKED PLAIN_TEXT
InterpolationPointType = INTERPOLATION_POINT_TYPE_UNSPECIFIED MIN MAX NUMBER PERCENT PERCENTILE
MergeType = MERGE_ALL MERGE_COLUMNS MERGE_ROWS
NumberFormatType = NUMBER_FORMAT_TYPE_UNSPECIFIED TEXT NUMBER PERCENT CURRENCY DATE TIME DATE_TIME SCIENTIFIC
PasteOrientation = NORMAL TRANSPOSE
PasteType = PASTE_NORMAL PASTE_VALUES PASTE_FORMAT PASTE_NO_BORDERS PASTE_FORMULA PASTE_DATA_VALIDATION
    PASTE_CONDITIONAL_FORMATTING
RecalculationInterval = RECALCULATION_INTERVAL_UNSPECIFIED ON_CHANGE MINUTE HOUR
RelativeDate = RELATIVE_DATE_UNSPECIFIED PAST_YEAR PAST_MONTH PAST_WEEK YESTERDAY TODAY TOMORROW
SheetType = SHEET_TYPE_UNSPECIFIED GRID OBJECT DATA_SOURCE
SortOrder = SORT_ORDER_UNSPECIFIED ASCENDING DESCENDING
Style = STYLE_UNSPECIFIED DOTTED DASHED SOLID SOLID_MEDIUM SOLID_THICK NONE DOUBLE
TextDirection = TEXT_DIRECTION_UNSPECIFIED LEFT_TO_RIGHT RIGHT_TO_LEFT
ThemeColorType = THEME_COLOR_TYPE_UNSPECIFIED TEXT BACKGROUND ACCENT1 ACCENT2 ACCENT3 ACCENT4 ACCENT5 ACCENT6 LINK
ValueInputOption = INPUT_VALUE_OPTION_UNSPECIFIED RAW USER_ENTERED
ValueRenderOption = FORMATTED_VALUE UNFORMATTED_VALUE FORMULA
VerticalAlign = VERTICAL_ALIGN_UNSPECIFIED TOP MIDDLE BOTTOM
WrapStrategy = WRAP_STRATEGY_UNSPECIFIED OVERFLOW_CELL LEGACY_WRAP CLIP WRAP
"""

REFUSED = """
AppendCellsRequest = tableId
AutoResizeDimensionsRequest = dataSourceSheetDimensions
BasicFilter = tableId
BatchUpdateSpreadsheetRequest = commentsViewMode
BatchUpdateSpreadsheetResponse = commentUpdateState
CellData = chipRuns dataSourceFormula dataSourceTable pivotTable
Channel = params payload
DimensionProperties = dataSourceColumnReference
File = appProperties capabilities clientEncryptionDetails contentHints contentRestrictions
    copyRequiresWriterPermission createdTime description downloadRestrictions driveId explicitlyTrashed exportLinks
    fileExtension folderColorRgb fullFileExtension hasAugmentedPermissions hasThumbnail headRevisionId iconLink id
    imageMediaMetadata inheritedPermissionsDisabled isAppAuthorized kind labelInfo lastModifyingUser
    linkShareMetadata md5Checksum modifiedByMe modifiedByMeTime modifiedTime originalFilename ownedByMe owners
    permissionIds permissions properties quotaBytesUsed resourceKey sha1Checksum sha256Checksum shared
    sharedWithMeTime sharingUser shortcutDetails size spaces starred teamDriveId thumbnailLink thumbnailVersion
    trashedTime trashingUser version videoMediaMetadata viewedByMe viewedByMeTime viewersCanCopyContent
    webContentLink webViewLink writersCanShare
FilterSpec = dataSourceColumnReference
FilterView = tableId
GetSpreadsheetByDataFilterRequest = commentsViewMode excludeTablesInBandedRanges
Permission = allowFileDiscovery deleted displayName expirationTime id inheritedPermissionsDisabled kind pendingOwner
    permissionDetails photoLink teamDrivePermissionDetails view
ProtectedRange = tableId
Request = addChart addCommentReply addDataSource addSlicer addTable cancelDataSourceRefresh deleteComment
    deleteCommentReply deleteDataSource deleteEmbeddedObject deleteTable insertComment refreshDataSource
    updateChartSpec updateCommentPost updateDataSource updateEmbeddedObjectBorder updateEmbeddedObjectPosition
    updateSlicerSpec updateTable
Response = addChart addCommentReply addDataSource addSlicer addTable cancelDataSourceRefresh insertComment
    refreshDataSource updateDataSource updateEmbeddedObjectPosition
Sheet = charts commentAnchors slicers tables
SheetProperties = dataSourceSheetProperties
SortSpec = dataSourceColumnReference
Spreadsheet = comments commentsViewMode dataSourceSchedules dataSources
UpdateDimensionPropertiesRequest = dataSourceSheetRange
"""
